// The runtime's end of NRI on a node without pods, which dranet asks for before it serves: containerd's own
// library, and nothing behind it. The argument is the socket.
//
// Left to others: pods, containers, and starting dranet.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/containerd/nri/pkg/adaptation"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: nri SOCKET")
	}
	none := func(ctx context.Context, tell adaptation.SyncCB) error {
		_, err := tell(ctx, nil, nil)
		return err
	}
	unchanged := func(context.Context, []*adaptation.ContainerUpdate) ([]*adaptation.ContainerUpdate, error) {
		return nil, nil
	}
	runtime, err := adaptation.New("none", "0", none, unchanged,
		adaptation.WithSocketPath(os.Args[1]),
		// nothing of the machine is looked for or started
		adaptation.WithPluginPath("/nonexistent"),
		adaptation.WithPluginConfigPath("/nonexistent"))
	if err != nil {
		log.Fatal(err)
	}
	if err := runtime.Start(); err != nil {
		log.Fatal(err)
	}
	log.Print("serving")
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
	runtime.Stop()
}
