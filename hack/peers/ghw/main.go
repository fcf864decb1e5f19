// The peer in Go: ghw's list of PCI devices below a root. Prints how many there were and, in
// milliseconds, the best of the given number of runs.
//
// Left to others: judging (cargo xtask bench). It is the scan that is compared: topology is switched
// off, and the list of names, which ghw reads anew each time, is timed by itself and taken off.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/jaypipes/ghw"
	"github.com/jaypipes/pcidb"
)

func main() {
	if len(os.Args) != 3 {
		fail("usage: ghw ROOT RUNS")
	}
	root := os.Args[1]
	runs, err := strconv.Atoi(os.Args[2])
	if err != nil || runs < 1 {
		fail("RUNS is a number from 1 on")
	}
	count := 0
	whole := best(runs, func() error {
		info, err := ghw.PCI(ghw.WithChroot(root), ghw.WithDisableTopology(), ghw.WithDisableWarnings())
		if err == nil {
			count = len(info.Devices)
		}
		return err
	})
	names := best(3, func() error {
		_, err := pcidb.New()
		return err
	})
	fmt.Printf("functions=%d ms=%.3f names_ms=%.3f\n", count, whole-names, names)
}

// The least time of several runs, in milliseconds.
func best(runs int, work func() error) float64 {
	least := 0.0
	for run := range runs {
		begun := time.Now()
		if err := work(); err != nil {
			fail(err.Error())
		}
		took := float64(time.Since(begun).Microseconds()) / 1000
		if run == 0 || took < least {
			least = took
		}
	}
	return least
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "ghw:", why)
	os.Exit(1)
}
