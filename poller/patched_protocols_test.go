//go:build linux && !poller_std

package poller

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"net/textproto"
	"testing"
	"time"
)

// Protocols whose packages share a connection between callers by locks and channels.

type Doubler struct{}

func (Doubler) Double(in int, out *int) error {
	time.Sleep(time.Duration(in) * 100 * time.Microsecond)
	*out = 2 * in
	return nil
}

func TestPatched_rpc(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		l := stdListen(t)
		server := rpc.NewServer()
		needNil(t, server.Register(Doubler{}))
		serving := Go(func() { serve(l, func(c net.Conn) { server.ServeConn(c) }) })
		client, err := rpc.Dial("tcp", l.Addr().String())
		needNil(t, err)
		var all []*Task
		for i := range 10 {
			all = append(all, Go(func() {
				got := 0
				if err := client.Call("Doubler.Double", i, &got); err != nil || got != 2*i {
					t.Errorf("%d: got %d, %v", i, got, err)
				}
			}))
		}
		needNil(t, JoinAll(all...))
		client.Close()
		l.Close()
		serving.Join()
	})
}

// Requests of several tasks are sent, and their answers read, in one order.
func TestPatched_textproto(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		c1, c2 := stdPair(t)
		Go(func() {
			defer c2.Close()
			in := bufio.NewScanner(c2)
			for in.Scan() {
				time.Sleep(10 * time.Microsecond)
				fmt.Fprintf(c2, "200 %s\r\n", in.Text())
			}
		})
		c := textproto.NewConn(c1)
		defer c.Close()
		var all []*Task
		for i := range 20 {
			all = append(all, Go(func() {
				id, err := c.Cmd("%d", i)
				needNil(t, err)
				c.StartResponse(id)
				defer c.EndResponse(id)
				if _, line, err := c.ReadCodeLine(200); err != nil || line != fmt.Sprint(i) {
					t.Errorf("%d: got %q, %v", i, line, err)
				}
			}))
		}
		needNil(t, JoinAll(all...))
	})
}

// Two bodies come over one connection, in turns, while their readers wait.
func TestPatched_http2Turns(t *testing.T) {
	turn := [2]chan bool{make(chan bool), make(chan bool)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mine := turn[r.URL.Path[1]-'0']
		for range 3 {
			io.WriteString(w, r.URL.Path)
			w.(http.Flusher).Flush()
			<-mine
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	inPatched(t, func() {
		mustEnd(t)
		var all []*Task
		for i := range 2 {
			all = append(all, Go(func() {
				resp, err := server.Client().Get(fmt.Sprintf("%s/%d", server.URL, i))
				needNil(t, err)
				defer resp.Body.Close()
				part := make([]byte, 2)
				for range 3 {
					if _, err := io.ReadFull(resp.Body, part); err != nil || string(part) != fmt.Sprintf("/%d", i) {
						t.Errorf("got %q, %v", part, err)
					}
					turn[i] <- true
				}
			}))
		}
		needNil(t, JoinAll(all...))
	})
}
