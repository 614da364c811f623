package main

import (
	"fmt"
	"io"

	"github.com/stackful-go/stackful/coro"
)

var demoSwitch = demo{
	name:  "switch",
	about: "two coroutines take turns by switching to each other",
	run:   eatAndPlay,
	python: `
from greenlet import greenlet

def eat(name):
    print('%s is eat1' % name)
    play.switch(name)
    print('%s is eat2' % name)
    play.switch()

def play(name):
    print('%s is play1' % name)
    eat.switch()
    print('%s is play2' % name)

eat, play = greenlet(eat), greenlet(play)
eat.switch('alex')
`,
	prints: "alex is eat1\nalex is play1\nalex is eat2\nalex is play2\n",
}

func eatAndPlay(w io.Writer) error {
	var eat, play *coro.Coroutine
	eat = coro.New(func(name any) any {
		fmt.Fprintf(w, "%s is eat1\n", name)
		play.Switch(name)
		fmt.Fprintf(w, "%s is eat2\n", name)
		return play.Switch(nil)
	})
	play = coro.New(func(name any) any {
		fmt.Fprintf(w, "%s is play1\n", name)
		eat.Switch(nil)
		fmt.Fprintf(w, "%s is play2\n", name)
		return nil // to the parent, which is the main program; eat stays where it is
	})
	eat.Switch("alex")
	eat.Kill()
	return nil
}
