package demo

import (
	"io"

	"github.com/stackful-go/stackful/examples"
)

// demoSwitch is the first program of many introductions to greenlet.
var demoSwitch = demo{
	name:  "switch",
	about: "two coroutines take turns by switching to each other",
	run: func(w io.Writer) error {
		examples.EatAndPlay(w)
		return nil
	},
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
