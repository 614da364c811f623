//go:build linux && !poller_std

package poller

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"
	"time"
)

// Four tasks share a pool of two connections of database/sql, whose driver waits in a channel
// for a goroutine of its own.
func TestPatched_sqlPool(t *testing.T) {
	inPatched(t, func() {
		mustEnd(t)
		db := sql.OpenDB(sleepyDriver{})
		defer db.Close()
		db.SetMaxOpenConns(2)
		var all []*Task
		done := 0
		for range 4 {
			all = append(all, Go(func() {
				for range 5 {
					n := 0
					if err := db.QueryRow("select 7").Scan(&n); err != nil || n != 7 {
						t.Errorf("got %d, %v", n, err)
					}
					done++
				}
			}))
		}
		needNil(t, JoinAll(all...))
		if s := db.Stats(); done != 20 || s.WaitCount == 0 {
			t.Errorf("%d queries are done, %d have waited for a connection", done, s.WaitCount)
		}

		// With both in use, a request for one ends with its context.
		c1, err := db.Conn(context.Background())
		needNil(t, err)
		c2, err := db.Conn(context.Background())
		needNil(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if _, err := db.Conn(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		waiter := waitingTask(func() { db.Conn(context.Background()) })
		waiter.Kill()
		c1.Close()
		c2.Close()
		if n := 0; db.QueryRow("select 7").Scan(&n) != nil || n != 7 {
			t.Error("no connection after a waiter was killed")
		}
	})
}

// A sleepyDriver answers all queries with 7, after some time.
type sleepyDriver struct{}

func (d sleepyDriver) Connect(context.Context) (driver.Conn, error) { return sleepyConn{}, nil }
func (d sleepyDriver) Driver() driver.Driver                        { return nil }

type sleepyConn struct{}

func (sleepyConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (sleepyConn) Close() error                        { return nil }
func (sleepyConn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }

func (sleepyConn) QueryContext(ctx context.Context, _ string, _ []driver.NamedValue) (driver.Rows, error) {
	answer := make(chan driver.Rows)
	go func() {
		time.Sleep(100 * time.Microsecond)
		answer <- &sevens{left: 1}
	}()
	return <-answer, nil
}

type sevens struct{ left int }

func (*sevens) Columns() []string { return []string{"n"} }
func (*sevens) Close() error      { return nil }

func (s *sevens) Next(to []driver.Value) error {
	if s.left == 0 {
		return io.EOF
	}
	s.left--
	to[0] = int64(7)
	return nil
}
