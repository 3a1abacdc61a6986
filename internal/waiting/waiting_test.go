package waiting

import (
	"flag"
	"testing"
)

func TestParallel(t *testing.T) {
	limit := flag.Lookup("test.parallel").Value
	was := limit.String()
	Parallel()
	got := limit.String()
	if err := limit.Set(was); err != nil { // without marking it as given
		t.Fatal(err)
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if want := "4"; got != want && !given {
		t.Errorf("%s tests at once, want %s", got, want)
	}
	if err := flag.Set("test.parallel", "1"); err != nil {
		t.Fatal(err)
	}
	if Parallel(); limit.String() != "1" {
		t.Errorf("%s tests at once, and the command line says 1", limit)
	}
	if err := limit.Set(was); err != nil {
		t.Fatal(err)
	}
}
