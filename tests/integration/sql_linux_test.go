package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/stackful-go/stackful/poller"
)

func postgresConfig(addr string) *pgx.ConnConfig {
	return must(pgx.ParseConfig("postgres://postgres@" + addr + "/postgres?sslmode=disable"))
}

// pingPostgres reports whether the server accepts connections yet.
func pingPostgres(addr string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := pgx.ConnectConfig(ctx, postgresConfig(addr))
	if err != nil {
		return err
	}
	return c.Close(ctx)
}

// openDB returns a database whose connections are ours.
//
// They are made in Await, so that they belong to no task's hub: when a write takes
// long, pgx reads in a goroutine of its own, which the task then waits for by a
// sync.Cond. If that goroutine had to wait for the task's hub, neither would ever
// go on.
func openDB(t testing.TB, wrap func(c net.Conn) net.Conn) *sql.DB {
	config := postgresConfig(postgresServer.start(t))
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := poller.Await(func() (net.Conn, error) { return new(poller.Dialer).DialContext(ctx, network, addr) })
		if err == nil && wrap != nil {
			c = wrap(c)
		}
		return c, err
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	return db
}

// Tasks that call the database themselves.
func TestSQL_inTasks(t *testing.T) {
	db := openDB(t, nil)
	run(t, func() {
		must(db.Exec("create table people (id int primary key, name text, photo bytea)"))
		defer db.Exec("drop table people")
		var tasks poller.Group
		for i := range 20 {
			tasks.Go(func() error {
				_, err := db.Exec("insert into people values ($1, $2, $3)", i, fmt.Sprint("person ", i), randomBytes(byte(i), 100_000))
				return err
			})
		}
		check(tasks.Join())
		rows := must(db.Query("select id, name, photo from people order by id"))
		n := 0
		for ; rows.Next(); n++ {
			var id int
			var name string
			var photo []byte
			check(rows.Scan(&id, &name, &photo))
			if id != n || name != fmt.Sprint("person ", n) || digestOf(photo) != digestOf(randomBytes(byte(n), 100_000)) {
				t.Errorf("row %d: id %d, name %q, or a wrong photo", n, id, name)
			}
		}
		if check(rows.Err()); n != 20 {
			t.Errorf("%d rows", n)
		}
		var e *pgconn.PgError
		if _, err := db.Exec("insert into people values (1, '', '')"); !errors.As(err, &e) || e.Code != "23505" {
			t.Errorf("a key that is there already: %v", err)
		}
	})
}

// One task waits in the server for a lock that another one holds: if its call
// stopped the goroutine, the other could not release it.
func TestSQL_tasksWaitForEachOther(t *testing.T) {
	db := openDB(t, nil)
	run(t, func() {
		lock := func(tx *sql.Tx) { must(tx.Exec("select pg_advisory_xact_lock(1)")) }
		first := must(db.Begin())
		lock(first)
		order := ""
		waiter := poller.Go(func() {
			second := must(db.Begin())
			lock(second)
			order += "second"
			check(second.Rollback())
		})
		for waiting := 0; waiting == 0; {
			check(db.QueryRow("select count(*) from pg_locks where locktype = 'advisory' and not granted").Scan(&waiting))
		}
		order += "first "
		check(first.Commit())
		join(waiter)
		if order != "first second" {
			t.Error(order)
		}
	})
}

// Writes that take so long that pgx reads in a goroutine meanwhile.
func TestSQL_slowWrites(t *testing.T) {
	db := openDB(t, func(c net.Conn) net.Conn { return slowWriter{c} })
	run(t, func() {
		var tasks poller.Group
		for i := range 5 {
			tasks.Go(func() error {
				got := 0
				err := db.QueryRow("select $1::int + 1", i).Scan(&got)
				if err == nil && got != i+1 {
					err = fmt.Errorf("%d + 1 = %d", i, got)
				}
				return err
			})
		}
		check(tasks.Join())
	})
}

// A slowWriter takes longer than pgx's patience, which is 15 ms.
type slowWriter struct{ net.Conn }

func (c slowWriter) Write(p []byte) (int, error) {
	poller.Sleep(30 * time.Millisecond)
	return c.Conn.Write(p)
}

// A context that ends makes goroutines of the driver and of database/sql use the
// connection, and lock what tasks lock too: so such calls go through Await.
func TestSQL_canceled(t *testing.T) {
	db := openDB(t, nil)
	run(t, func() {
		offTask(func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			if _, err := db.ExecContext(ctx, "select pg_sleep(60)"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a call that is out of time: %v", err)
			}
			return nil
		})
		one := 0
		if check(db.QueryRow("select 1").Scan(&one)); one != 1 {
			t.Error("afterwards:", one)
		}
	})
}

// Without any hub, goroutines use the same connections.
func TestSQL_inGoroutines(t *testing.T) {
	db := openDB(t, nil)
	db.SetMaxOpenConns(4)
	errs := make(chan error)
	for i := range 20 {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				errs <- err
				return
			}
			defer tx.Rollback()
			sum := 0
			err = tx.QueryRowContext(ctx, "select sum(n) from generate_series(1, $1) n", 1000+i).Scan(&sum)
			if want := (1000 + i) * (1001 + i) / 2; err == nil && sum != want {
				err = fmt.Errorf("sum %d, want %d", sum, want)
			}
			errs <- errors.Join(err, tx.Commit())
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
