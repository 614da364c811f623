package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

// These tests are for `stackful test`: the same libraries, unmodified and with package net's own
// connections, are called by tasks without Await.

const patchedTasks = 200

// inPatchedTasks runs f in patchedTasks tasks of one Run, and checks that all were on one
// goroutine, and that a task that ticks each millisecond was not stopped.
func inPatchedTasks(t *testing.T, f func(i int) error) {
	t.Helper()
	needPatch(t)
	alarm := time.AfterFunc(time.Minute, func() { panic(t.Name() + ": tasks wait for ever") })
	defer alarm.Stop()
	run(t, func() {
		var goroutines goroutineSet
		var gaps []time.Duration
		tick := poller.Go(func() {
			for last := time.Now(); ; {
				time.Sleep(time.Millisecond)
				now := time.Now()
				gaps = append(gaps, now.Sub(last)-time.Millisecond)
				last = now
			}
		})
		var tasks poller.Group
		for i := range patchedTasks {
			tasks.Go(func() error {
				goroutines.here()
				err := f(i)
				goroutines.here()
				return err
			})
		}
		check(tasks.Join())
		tick.Kill()
		goroutines.mustBeOnly(t)
		slices.Sort(gaps)
		if n := len(gaps); n > 0 {
			t.Logf("%d ticks, late by %v (median), %v (95 of 100), %v (most)", n, gaps[n/2], gaps[n*95/100], gaps[n-1])
			if median := gaps[n/2]; median > 5*time.Millisecond {
				t.Errorf("the ticking task was late by %v", median)
			}
		}
	})
}

func needPatch(t *testing.T) {
	t.Helper()
	if err := patch.Require(); err != nil {
		t.Skip(err)
	}
}

func TestPatched_sql(t *testing.T) {
	needPatch(t)
	db := stdlib.OpenDB(*postgresConfig(postgresServer.start(t)))
	defer db.Close()
	db.SetMaxOpenConns(10)
	must(db.Exec("create table patched (id int primary key, photo bytea)"))
	defer db.Exec("drop table patched")
	inPatchedTasks(t, func(i int) error {
		photo := randomBytes(byte(i), 20_000)
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.Exec("insert into patched values ($1, $2)", i, photo); err != nil {
			return err
		}
		if _, err := tx.Exec("select pg_sleep(0.005)"); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		var got []byte
		if err := db.QueryRow("select photo from patched where id = $1", i).Scan(&got); err != nil || digestOf(got) != digestOf(photo) {
			return fmt.Errorf("photo %d: %d bytes, %v", i, len(got), err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		if i%20 == 0 {
			if _, err := db.ExecContext(ctx, "select pg_sleep(60)"); err == nil {
				return errors.New("slept a minute")
			}
		}
		return nil
	})
}

// pgx without database/sql: a connection for each task.
func TestPatched_pgx(t *testing.T) {
	needPatch(t)
	config := postgresConfig(postgresServer.start(t))
	limit := semaphore.NewWeighted(20)
	inPatchedTasks(t, func(i int) error {
		ctx := context.Background()
		if err := limit.Acquire(ctx, 1); err != nil {
			return err
		}
		defer limit.Release(1)
		c, err := pgx.ConnectConfig(ctx, config.Copy())
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		rows, err := c.Query(ctx, "select n, repeat('x', 1000) from generate_series(1, 300) n")
		if err != nil {
			return err
		}
		n := 0
		for ; rows.Next(); n++ {
		}
		if n != 300 || rows.Err() != nil {
			return fmt.Errorf("%d rows, %w", n, rows.Err())
		}
		return nil
	})
}

func TestPatched_redis(t *testing.T) {
	needPatch(t)
	addr := redisServer.start(t)
	client := goredis.NewClient(&goredis.Options{Addr: addr, PoolSize: 10, PoolTimeout: time.Minute})
	defer client.Close()
	pool := &redis.Pool{MaxActive: 10, Wait: true, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", addr) }}
	defer pool.Close()
	inPatchedTasks(t, func(i int) error {
		ctx := context.Background()
		key, value := fmt.Sprint("patched ", i), randomBytes(byte(i), 20_000)
		if err := client.Set(ctx, key, value, 0).Err(); err != nil {
			return err
		}
		c := pool.Get()
		defer c.Close()
		got, err := redis.Bytes(c.Do("GET", key))
		if err != nil || !bytes.Equal(got, value) {
			return fmt.Errorf("%s: %d bytes, %v", key, len(got), err)
		}
		// Two tasks at a time, one of which waits in the server for the other.
		list := fmt.Sprint("patched list ", i)
		pushed := poller.Go(func() { time.Sleep(time.Millisecond); client.RPush(ctx, list, "x") })
		if _, err := c.Do("BLPOP", list, 0); err != nil {
			return err
		}
		pushed.Join()
		return nil
	})
}

// A server of net/http with its clients, over TLS, by HTTP/1.1 and HTTP/2.
func TestPatched_http(t *testing.T) {
	needPatch(t)
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprint("HTTP/", version), func(t *testing.T) {
			server := httptest.NewUnstartedServer(handler())
			server.EnableHTTP2 = version == 2
			server.StartTLS()
			defer server.Close()
			transport := server.Client().Transport.(*http.Transport)
			transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = 20, 20
			inPatchedTasks(t, func(i int) error {
				body := randomBytes(byte(i), 50_000)
				for range 3 {
					resp, err := server.Client().Post(server.URL+"/hash", "application/octet-stream", bytes.NewReader(body))
					if err != nil {
						return err
					}
					got, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if err != nil || string(got) != digestOf(body) || resp.ProtoMajor != version {
						return fmt.Errorf("%s, got %q, %v", resp.Proto, got, err)
					}
				}
				return nil
			})
		})
	}
}

// Each task serves a connection of crypto/tls, and is its client.
func TestPatched_tls(t *testing.T) {
	needPatch(t)
	serverTLS, clientTLS := tlsConfigs()
	limit := make(chan bool, 4) // of handshakes: they compute for a millisecond each, in tasks of this goroutine
	inPatchedTasks(t, func(i int) error {
		limit <- true
		defer func() { <-limit }()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		poller.Go(func() {
			c, err := tls.NewListener(l, serverTLS).Accept()
			if err != nil {
				return
			}
			defer c.Close()
			io.Copy(c, c)
		})
		c, err := tls.Dial("tcp", l.Addr().String(), clientTLS)
		if err != nil {
			return err
		}
		defer c.Close()
		text := randomBytes(byte(i), 30_000)
		written := poller.Go(func() { c.Write(text) })
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, text) {
			return fmt.Errorf("a wrong echo: %v", err)
		}
		return written.Join()
	})
}

// golang.org/x/sync: tasks wait for goroutines that it starts, and for each other.
func TestPatched_xsync(t *testing.T) {
	var flight singleflight.Group
	limit := semaphore.NewWeighted(3)
	inPatchedTasks(t, func(i int) error {
		g, ctx := errgroup.WithContext(context.Background())
		g.SetLimit(2)
		sum := make(chan int, 5)
		for n := range 5 {
			g.Go(func() error { time.Sleep(time.Millisecond); sum <- n; return nil })
		}
		if err := g.Wait(); err != nil || len(sum) != 5 {
			return fmt.Errorf("%d results, %w", len(sum), err)
		}
		<-ctx.Done()
		v, err, _ := flight.Do(fmt.Sprint(i%7), func() (any, error) { time.Sleep(time.Millisecond); return i % 7, nil })
		if err != nil || v != i%7 {
			return fmt.Errorf("singleflight: %v, %w", v, err)
		}
		if err := limit.Acquire(context.Background(), 2); err != nil {
			return err
		}
		defer limit.Release(2)
		time.Sleep(10 * time.Microsecond)
		return nil
	})
}
