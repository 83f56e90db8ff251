package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var pageFile = regexp.MustCompile("(?s)```yaml\n# (shards/\\S+)\n(.*?)```")

// TestTheShardsOfThePageAreInstalled writes the files of the page, with a shard that is the rest beside the one that it shows, and
// installs them.
func TestTheShardsOfThePageAreInstalled(t *testing.T) {
	w := newWorld(t)
	page, err := os.ReadFile("docs/shards.md")
	w.Expect(err).NotTo(HaveOccurred())
	files := map[string]string{}
	for _, file := range pageFile.FindAllStringSubmatch(string(page), -1) {
		files[file[1]] = file[2]
	}
	w.Expect(files).To(HaveLen(3))
	two := files["shards/two/kustomization.yaml"]
	files["shards/rest/kustomization.yaml"] = strings.NewReplacer(
		"=shard=two", "=shard notin (two)", "-two", "-rest", ": two", ": rest").Replace(two)
	folder := t.TempDir()
	w.Expect(os.CopyFS(filepath.Join(folder, "config"), os.DirFS("config"))).To(Succeed())
	for path, text := range files {
		path = filepath.Join(folder, path)
		w.Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
		w.Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
	}

	w.kubectl("apply", "-k", filepath.Join(folder, "shards"))

	var deployments appsv1.DeploymentList
	w.Expect(w.api.List(t.Context(), &deployments, client.InNamespace("seam-operator-system"))).To(Succeed())
	var services corev1.ServiceList
	w.Expect(w.api.List(t.Context(), &services, client.InNamespace("seam-operator-system"))).To(Succeed())
	w.Expect(deployments.Items).To(HaveLen(2))
	w.Expect(services.Items).To(HaveLen(2))
	leases := map[string]bool{}
	for _, d := range deployments.Items {
		o, err := parse(d.Spec.Template.Spec.Containers[0].Args, noEnv)
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(o.leaderElect).To(BeTrue())
		leases[o.leaderElectID] = true
		w.Expect(o.controller.Selector.Matches(labels.Set{"shard": "two"})).To(Equal(d.Name == "seam-operator-two"), d.Name)
		w.Expect(o.controller.Selector.Matches(labels.Set{})).To(Equal(d.Name == "seam-operator-rest"), d.Name)
		pods := labels.Set(d.Spec.Template.Labels)
		for _, other := range deployments.Items {
			w.Expect(labels.SelectorFromSet(other.Spec.Selector.MatchLabels).Matches(pods)).To(Equal(other.Name == d.Name))
		}
		for _, service := range services.Items {
			isOwn := strings.TrimPrefix(service.Name, "seam-operator-metrics") == strings.TrimPrefix(d.Name, "seam-operator")
			w.Expect(labels.SelectorFromSet(service.Spec.Selector).Matches(pods)).To(Equal(isOwn), service.Name)
		}
	}
	w.Expect(leases).To(HaveLen(2))
}
