package bench

import (
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
)

// rounds are histograms of cycles, one for each round.
type rounds []*measure.Histogram

// next returns the histogram of one more round.
func (r *rounds) next() *measure.Histogram {
	h := new(measure.Histogram)
	*r = append(*r, h)
	return h
}

// all returns the histogram of what is in those of all rounds.
func (r rounds) all() *measure.Histogram {
	sum := new(measure.Histogram)
	for _, h := range r {
		sum.Merge(h)
	}
	return sum
}

// quantiles are the columns of a distribution, left of the longest.
var quantiles = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}}

// distribution is the row of all rounds together. It has the figures of each round, too.
func (r rounds) distribution(name string) Row {
	ns := func(ticks uint64) float64 { return float64(ticks) / asm.CyclesPerSecond() * 1e9 }
	each := func(figure func(h *measure.Histogram) uint64) (values []float64) {
		for _, h := range r {
			values = append(values, ns(figure(h)))
		}
		return values
	}
	all := r.all()
	row := Row{Name: name, Value: ns(all.Max()), Rounds: each((*measure.Histogram).Max)}
	for _, q := range quantiles {
		row.More = append(row.More, Figure{Name: q.name, Value: ns(all.Quantile(q.q)),
			Rounds: each(func(h *measure.Histogram) uint64 { return h.Quantile(q.q) })})
	}
	return row
}
