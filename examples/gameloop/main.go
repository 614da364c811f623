// Gameloop is a game's loop with a script for each character: ordinary code with loops and waits,
// which is left in the middle in each frame and resumed in the next. Ten thousand of them take a few
// milliseconds a frame or less. A script may start others, and be ended by the game wherever it
// stands: its deferred calls run.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stackful-go/stackful/coro"
)

func main() {
	n := flag.Int("n", 10_000, "number of characters")
	frames := flag.Int("frames", 120, "`frames` to play")
	flag.Parse()
	start := time.Now()
	play(os.Stdout, *n, *frames)
	fmt.Printf("%v a frame\n", time.Since(start)/time.Duration(*frames))
}

// play plays some frames with n guards, of which one in ten meets a wolf.
func play(w io.Writer, n, frames int) {
	g := newGame()
	steps, wolves := 0, 0
	for i := range n {
		guard := g.start(func() {
			for { // walks to and fro
				for range 10 {
					steps++
					g.nextFrame()
				}
				g.wait(5)
			}
		})
		if i%10 != 0 {
			continue
		}
		g.start(func() {
			g.wait(30)
			wolves++
			g.start(func() { // it howls, whatever becomes of the hunt
				defer func() { wolves-- }()
				g.wait(20)
			})
			g.end(guard)
		})
	}
	for frame := range frames {
		g.frame()
		if (frame+1)%40 == 0 {
			fmt.Fprintf(w, "frame %d: %d scripts, %d steps, %d wolves howl\n", frame+1, g.alive(), steps, wolves)
		}
	}
	g.close()
	fmt.Fprintf(w, "over: %d scripts\n", g.alive())
}

// A game resumes each script once a frame.
type game struct {
	loop    *coro.Coroutine // where frame is called: the parent of all scripts
	scripts []*coro.Coroutine
}

func newGame() *game { return &game{loop: coro.Current()} }

// start starts a script; it runs from the next frame on. The parent is the loop, wherever start is
// called: to it goes the script when it has ended.
func (g *game) start(script func()) *coro.Coroutine {
	c := coro.NewChildOf(g.loop, func(any) any { script(); return nil })
	g.scripts = append(g.scripts, c)
	return c
}

// nextFrame and wait are for scripts.
func (g *game) nextFrame() { g.loop.Switch(nil) }

func (g *game) wait(frames int) {
	for range frames {
		g.nextFrame()
	}
}

// end ends a script where it stands. TryKill tells if it does not want to.
func (g *game) end(c *coro.Coroutine) {
	if err := c.TryKill(); err != nil {
		panic(err)
	}
}

// frame resumes each script that there is at its start, and forgets those that have ended.
func (g *game) frame() {
	current := g.scripts
	g.scripts = nil // start may append to it
	kept := current[:0]
	for _, c := range current {
		if !c.Dead() {
			c.Switch(nil)
			kept = append(kept, c)
		}
	}
	g.scripts = append(kept, g.scripts...)
}

// alive returns how many scripts have not ended.
func (g *game) alive() (n int) {
	for _, c := range g.scripts {
		if !c.Dead() {
			n++
		}
	}
	return n
}

// close ends all scripts.
func (g *game) close() {
	for _, c := range g.scripts {
		g.end(c)
	}
}
