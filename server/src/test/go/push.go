// Pushes with Prometheus' own Go client: push [flags] push|add|delete ADDRESS JOB
// Or streams series through Go's HTTP client, compressed: push -many COUNT -width WIDTH stream ADDRESS JOB
package main

import (
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

const textFormat = expfmt.Format("text/plain; version=0.0.4; charset=utf-8")

// assignments are the NAME=VALUE pairs of a flag that may be given many times.
type assignments map[string]string

func (a assignments) String() string { return "" }

func (a assignments) Set(assignment string) error {
	name, value, found := strings.Cut(assignment, "=")
	if !found {
		return fmt.Errorf("no equals sign: assignment=%s", assignment)
	}
	a[name] = value
	return nil
}

func main() {
	groupings, gauges, counters := assignments{}, assignments{}, assignments{}
	histograms, summaries := assignments{}, assignments{}
	flag.Var(groupings, "grouping", "NAME=VALUE of a grouping label")
	flag.Var(gauges, "gauge", "NAME=VALUE")
	flag.Var(counters, "counter", "NAME=VALUE")
	flag.Var(histograms, "histogram", "NAME=OBSERVATION,OBSERVATION,...")
	flag.Var(summaries, "summary", "NAME=OBSERVATION,OBSERVATION,...")
	text := flag.Bool("text", false, "push text, not protobuf")
	runtime := flag.Bool("runtime", false, "push what the library tells of the process itself")
	times := flag.Int("times", 1, "how often to push")
	many := flag.Int("many", 0, "how many series to stream")
	width := flag.Int("width", 0, "how long a label of each of them is")
	flag.Parse()
	if flag.NArg() != 3 {
		fail(fmt.Errorf("expected an action, an address and a job: arguments=%q", flag.Args()))
	}
	action, address, job := flag.Arg(0), flag.Arg(1), flag.Arg(2)

	if action == "stream" {
		fail(stream("http://"+address+"/metrics/job/"+job, *many, *width))
		return
	}
	pusher := push.New(address, job)
	for name, value := range groupings {
		pusher.Grouping(name, value)
	}
	if *text {
		pusher.Format(textFormat)
	}
	if *runtime {
		pusher.Gatherer(prometheus.DefaultGatherer)
	}
	for name, value := range gauges {
		gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "A gauge of Go"})
		gauge.Set(number(value))
		pusher.Collector(gauge)
	}
	for name, value := range counters {
		counter := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: "A counter of Go"})
		counter.Add(number(value))
		pusher.Collector(counter)
	}
	for name, values := range histograms {
		histogram := prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: name, Help: "A histogram of Go", Buckets: []float64{0.1, 1},
		})
		observe(histogram, values)
		pusher.Collector(histogram)
	}
	for name, values := range summaries {
		summary := prometheus.NewSummary(prometheus.SummaryOpts{
			Name: name, Help: "A summary of Go", Objectives: map[float64]float64{0.5: 0.05},
		})
		observe(summary, values)
		pusher.Collector(summary)
	}
	for i := 0; i < *times; i++ {
		fail(act(action, pusher))
	}
}

func act(action string, pusher *push.Pusher) error {
	switch action {
	case "push":
		return pusher.Push()
	case "add":
		return pusher.Add()
	case "delete":
		return pusher.Delete()
	}
	return fmt.Errorf("unknown action: action=%s", action)
}

// stream sends the series while it writes them, so the length of the body is not known in advance.
func stream(url string, count, width int) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(writeSeries(writer, count, width)) }()
	request, err := http.NewRequest(http.MethodPut, url, reader)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("refused: status=%d text=%s", answer.StatusCode, text)
	}
	return err
}

func writeSeries(writer io.Writer, count, width int) error {
	zip := gzip.NewWriter(writer)
	// Text that hardly becomes shorter.
	random := rand.New(rand.NewSource(1))
	text := make([]byte, width)
	for number := 0; number < count; number++ {
		for i := range text {
			text[i] = byte('0' + random.Intn(64))
			if text[i] == '\\' {
				text[i] = 'x'
			}
		}
		if _, err := fmt.Fprintf(zip, "streamed{number=\"%d\",text=\"%s\"} %d\n", number, text, number); err != nil {
			return err
		}
	}
	return zip.Close()
}

func observe(observer prometheus.Observer, values string) {
	for _, value := range strings.Split(values, ",") {
		observer.Observe(number(value))
	}
}

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	fail(err)
	return value
}

// fail ends the program if there is an error, and tells it to the caller.
func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
