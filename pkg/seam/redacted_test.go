package seam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestRedactedNeverPrints(t *testing.T) {
	credential := Credential{Code: "123987", CardNumber: "123987", DisplayName: "123987"}
	for _, format := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d", "%20s", "%.2s"} {
		if got := fmt.Sprintf(format, credential.Code); got != "[redacted]" {
			t.Errorf("%s prints %s", format, got)
		}
		if got := fmt.Sprintf(format, Redacted("")); got != "" {
			t.Errorf("%s prints %s for nothing", format, got)
		}
		whole := fmt.Sprintf(format, credential) + fmt.Sprintf(format, &credential)
		wantHidden(t, whole, "123987", "313233393837")
	}
	if got := credential.Code.Reveal(); got != "123987" {
		t.Errorf("reveals %q", got)
	}
}

func TestRedactedIsRedactedInJSONAndLogs(t *testing.T) {
	raw, err := json.Marshal([]Redacted{"123987", ""})
	if err != nil || string(raw) != `["[redacted]",""]` {
		t.Errorf("got %s, %v", raw, err)
	}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "code", Redacted("123987"), "in", Credential{Code: "123987"})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "code", Redacted("123987"), "in", Credential{Code: "123987"})
	wantHidden(t, out.String(), "123987")
	if strings.Count(out.String(), "[redacted]") != 4 {
		t.Errorf("logged %s", out.String())
	}
}

func TestRedactedDecodesWhateverComes(t *testing.T) {
	for raw, want := range map[string]string{`"1234"`: "1234", `null`: "", `1234`: "", `{"a":1}`: "", `["1"]`: "", `true`: ""} {
		got := Redacted("before")
		if err := json.Unmarshal([]byte(raw), &got); err != nil || got.Reveal() != want {
			t.Errorf("%s: got %q, %v", raw, got.Reveal(), err)
		}
	}
}
