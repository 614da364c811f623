package units

import "testing"

func TestUnits(t *testing.T) {
	for got, want := range map[string]string{
		Thousands(0): "0", Thousands(999): "999", Thousands(1000): "1,000", Thousands(-1234567): "-1,234,567",
		Digits(5.678): "5.68", Digits(56.78): "56.8", Digits(567.8): "568", Digits(9.999): "10.0", Digits(99.96): "100",
		Digits(0): "0.00", Digits(1234567): "1,234,567", Digits(-5): "-5.00", Digits(-99.96): "-100",
		Duration(5.678): "5.68 ns", Duration(1500): "1.50 µs", Duration(2.5e6): "2.50 ms", Duration(3e9): "3.00 s",
		Plural(1, "client", "clients"): "1 client", Plural(2000, "client", "clients"): "2,000 clients",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
