package integration

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"

	"github.com/stackful-go/stackful/poller"
)

// redigo's connections start no goroutines: whole clients are tasks.
func TestRedis_redigo(t *testing.T) {
	addr := redisServer.start(t)
	run(t, func() {
		var used goroutineSet
		dial := func() redis.Conn {
			return must(redis.Dial("tcp", addr, redis.DialContextFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := new(poller.Dialer).DialContext(ctx, network, addr)
				return watchedConn{c, &used}, err
			})))
		}
		var tasks poller.Group
		for i := range 50 {
			tasks.Go(func() error {
				c := dial()
				defer c.Close()
				key := fmt.Sprint("counter ", i)
				must(c.Do("DEL", key))
				for range 10 { // a pipeline
					check(c.Send("INCR", key))
				}
				check(c.Flush())
				for want := range 10 {
					if got := must(redis.Int(c.Receive())); got != want+1 {
						t.Errorf("%s: %d, want %d", key, got, want+1)
					}
				}
				return nil
			})
		}
		check(tasks.Join())

		c := dial()
		defer c.Close()
		big := randomBytes(7, 4<<20)
		must(c.Do("SET", "big", big))
		if got := must(redis.Bytes(c.Do("GET", "big"))); digestOf(got) != digestOf(big) {
			t.Error("a big value is not what it was")
		}
		used.mustBeOnly(t)
	})
}

// A task that waits in BLPOP for what another task pushes afterwards.
func TestRedis_tasksWaitForEachOther(t *testing.T) {
	addr := redisServer.start(t)
	run(t, func() {
		dialer := redis.DialContextFunc(new(poller.Dialer).DialContext)
		popped := poller.Async(func() ([]string, error) {
			c := must(redis.Dial("tcp", addr, dialer))
			defer c.Close()
			return redis.Strings(redis.DoWithTimeout(c, 0, "BLPOP", "list", 0))
		})
		c := must(redis.Dial("tcp", addr, dialer))
		defer c.Close()
		for blocked := false; !blocked; {
			clients := must(redis.String(c.Do("CLIENT", "LIST", "TYPE", "normal")))
			blocked = containsCommand(clients, "blpop")
		}
		must(c.Do("RPUSH", "list", "value"))
		if got := must(popped.Get()); len(got) != 2 || got[1] != "value" {
			t.Errorf("BLPOP: %q", got)
		}
	})
}

// go-redis dials in goroutines of its own, so its connections are not the hub's;
// tasks park in them all the same.
func TestRedis_goRedis(t *testing.T) {
	addr := redisServer.start(t)
	client := goredis.NewClient(&goredis.Options{
		Addr:     addr,
		PoolSize: 64, // more than there are tasks: who waits for a place blocks the goroutine
		Dialer:   new(poller.Dialer).DialContext,
	})
	defer client.Close()
	ctx := context.Background()
	use := func(i int) (err error) {
		key := fmt.Sprint("go-redis ", i)
		if err = client.Set(ctx, key, randomBytes(byte(i), 50_000), 0).Err(); err != nil {
			return err
		}
		got, err := client.Get(ctx, key).Bytes()
		if err == nil && digestOf(got) != digestOf(randomBytes(byte(i), 50_000)) {
			err = fmt.Errorf("%s: a wrong value", key)
		}
		return err
	}
	run(t, func() {
		var tasks poller.Group
		for i := range 30 {
			tasks.Go(func() error { return use(i) })
			tasks.Go(func() error {
				_, err := poller.Await(func() (int, error) { return 0, use(100 + i) })
				return err
			})
		}
		check(tasks.Join())

		popped := poller.Async(func() ([]string, error) { return client.BLPop(ctx, 0, "go-redis list").Result() })
		for blocked := false; !blocked; {
			blocked = containsCommand(must(client.ClientList(ctx).Result()), "blpop")
		}
		check(client.RPush(ctx, "go-redis list", "value").Err())
		if got := must(popped.Get()); len(got) != 2 || got[1] != "value" {
			t.Errorf("BLPOP: %q", got)
		}
	})

	// Its subscriptions read in a goroutine of their own.
	sub := client.Subscribe(ctx, "news")
	defer sub.Close()
	must(sub.Receive(ctx))
	check(client.Publish(ctx, "news", "hello").Err())
	select {
	case m := <-sub.Channel():
		if m.Payload != "hello" {
			t.Errorf("%q was published", m.Payload)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was published")
	}
}

// A call that is out of time fails, and the next one gets its own answer.
func TestRedis_timeout(t *testing.T) {
	addr := redisServer.start(t)
	run(t, func() {
		dialer := redis.DialContextFunc(new(poller.Dialer).DialContext)
		c := must(redis.Dial("tcp", addr, dialer))
		defer c.Close()
		_, err := redis.DoWithTimeout(c, time.Millisecond, "BLPOP", "never", 0)
		if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
			t.Errorf("BLPOP: %v", err)
		}
		if _, err := c.Do("PING"); err == nil {
			t.Error("a connection is used on although an answer is outstanding")
		}
	})
}
