package demo

import (
	"io"
	"time"

	"github.com/stackful-go/stackful/examples/systems"
)

// demoGevent is three sleeps at once: its output shows in which order tasks wake.
var demoGevent = demo{
	name:    "gevent",
	about:   "three tasks that sleep for 3, 4 and 1 seconds, in 4 seconds",
	run:     func(w io.Writer) error { return systems.EatPlayTask(w, time.Second) },
	runFast: func(w io.Writer) error { return systems.EatPlayTask(w, 50*time.Millisecond) },
	python: `
import gevent

def eat(name):
    print('%s is eat1' % name)
    gevent.sleep(3)
    print('%s is eat2' % name)

def play(name):
    print('%s is play1' % name)
    gevent.sleep(4)
    print('%s is play2' % name)

def task(name):
    print('%s is task1' % name)
    gevent.sleep(1)
    print('%s is task2' % name)

gevent.joinall([gevent.spawn(eat, 'alex'), gevent.spawn(play, 'alex'), gevent.spawn(task, 'alex')])
`,
	prints: "alex is eat1\nalex is play1\nalex is task1\nalex is task2\nalex is eat2\nalex is play2\n",
}

// demoServer is a server and its clients in one process; with gevent the patched socket module
// makes that possible, here package poller. Times and ports differ from run to run.
var demoServer = demo{
	name:  "server",
	about: "a socket server and 500 clients at once, each in a loop",
	run: func(w io.Writer) error {
		const clients, requests = 500, 20
		return systems.SocketServer(w, clients, requests)
	},
	python: `
from gevent import monkey; monkey.patch_all()
import gevent, socket, threading

def talk(conn):
    while True:
        data = conn.recv(1024)
        if not data:
            return
        conn.send(data.upper())

def server():
    s = socket.create_server(('127.0.0.1', 8080))
    while True:
        conn, addr = s.accept()
        gevent.spawn(talk, conn)

def client(i):
    s = socket.create_connection(('127.0.0.1', 8080))
    for n in range(20):
        s.sendall(b'client %d says hello %d\n' % (i, n))
        print(s.recv(1024))

gevent.spawn(server)
threads = [threading.Thread(target=client, args=(i,)) for i in range(500)]
for t in threads: t.start()
for t in threads: t.join()
`,
}
