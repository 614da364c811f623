package measure

import "testing"

func TestHistogram(t *testing.T) {
	var h Histogram
	for v := range uint64(100_000) {
		h.Add(v)
	}
	for _, c := range []struct {
		q    float64
		want uint64
	}{{0, 0}, {0.5, 50_000}, {0.99, 99_000}, {0.999, 99_900}, {1, 99_999}} {
		got := h.Quantile(c.q)
		if got < c.want || float64(got) > float64(c.want)*(1+1.0/32)+1 {
			t.Errorf("quantile %v = %d, want about %d", c.q, got, c.want)
		}
	}
	for _, v := range []uint64{0, 1, 31, 32, 33, 63, 64, 1000, 1 << 40, 1<<63 + 5, 1<<64 - 1} {
		i := bucketOf(v)
		if start := bucketStart(i); start > v || i+1 < len(h.counts) && bucketStart(i+1) <= v && bucketStart(i+1) > start {
			t.Errorf("%d is in bucket %d, which begins with %d", v, i, start)
		}
	}
}

func TestHistogram_merge(t *testing.T) {
	var whole, low, high, none Histogram
	for v := range uint64(1000) {
		whole.Add(v + 7)
		if v < 300 {
			low.Add(v + 7)
		} else {
			high.Add(v + 7)
		}
	}
	high.Merge(&none)
	none.Merge(&high)
	none.Merge(&low)
	if none != whole {
		t.Errorf("%d values from %d to %d, want those of the whole", none.n, none.min, none.max)
	}
}
