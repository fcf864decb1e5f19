// The peer in Go: ghw's list of PCI devices below a root. Prints how many there were and, in
// milliseconds, the best of the given number of runs.
//
// Left to others: judging (cargo xtask bench). The list of names is read once, before the clock starts:
// it is the scan that is compared.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/jaypipes/ghw"
	"github.com/jaypipes/ghw/pkg/option"
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
	names, err := pcidb.New()
	if err != nil {
		fail(err.Error())
	}
	count, best := 0, time.Duration(0)
	for run := range runs {
		begun := time.Now()
		info, err := ghw.PCI(
			ghw.WithChroot(root), option.WithPCIDB(names),
			ghw.WithDisableTopology(), ghw.WithDisableWarnings(),
		)
		took := time.Since(begun)
		if err != nil {
			fail(err.Error())
		}
		count = len(info.Devices)
		if run == 0 || took < best {
			best = took
		}
	}
	fmt.Printf("functions=%d ms=%.3f\n", count, float64(best.Microseconds())/1000)
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "ghw:", why)
	os.Exit(1)
}
