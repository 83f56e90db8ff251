package main

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

// countsOf sums up the metric apiserver_request_total by verb and resource.
func countsOf(metrics io.Reader) (report.Counts, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(metrics)
	if err != nil {
		return nil, err
	}
	counts := report.Counts{}
	for _, m := range families["apiserver_request_total"].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		counts[kind(labels["verb"], labels["resource"], labels["subresource"])] += int64(m.GetCounter().GetValue())
	}
	return counts, nil
}

func kind(verb, resource, subresource string) string {
	if subresource != "" {
		resource += "/" + subresource
	}
	return verb + " " + resource
}

// kindOf names a request as the API server's metrics do.
func kindOf(req *http.Request) string {
	path := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	switch {
	case path[0] == "api" && len(path) > 2:
		path = path[2:]
	case path[0] == "apis" && len(path) > 3:
		path = path[3:]
	default:
		return kind(req.Method, "", "")
	}
	if path[0] == "namespaces" && len(path) > 2 {
		path = path[2:]
	}
	var named [3]string // resource, name, subresource
	copy(named[:], path)
	verb := req.Method
	if verb == http.MethodGet && named[1] == "" {
		verb = "LIST"
		if req.URL.Query().Get("watch") != "" {
			verb = "WATCH"
		}
	}
	return kind(verb, named[0], named[2])
}

// ignored are what the API server does for itself, leases, and watches, which last and are counted when they end.
var ignored = []string{
	"", "leases", "apiservices", "configmaps", "customresourcedefinitions", "endpoints", "endpointslices", "ipaddresses", "servicecidrs", "services",
}

func interesting(all report.Counts) report.Counts {
	left := report.Counts{}
	for name, n := range all {
		verb, resource, _ := strings.Cut(name, " ")
		if verb != "WATCH" && n != 0 && !slices.Contains(ignored, strings.Split(resource, "/")[0]) {
			left[name] = n
		}
	}
	return left
}
