package seam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestTokensAreAcceptedAsPeopleStoreThem(t *testing.T) {
	for raw, isPersonal := range map[string]bool{
		"seam_test1abc_x":                   false,
		"  seam_1abc_x \r\n":                false,
		"seam_x":                            false,
		"seam_" + strings.Repeat("x", 4091): false, // 4 KiB
		"seam_at1abc\n":                     true,
	} {
		token, err := ParseToken(raw)
		if err != nil {
			t.Errorf("%.20q: %v", raw, err)
		}
		if token.IsZero() || token.reveal() != strings.TrimSpace(raw) {
			t.Errorf("%.20q: read as %q", raw, token.reveal())
		}
		if token.IsPersonalAccessToken() != isPersonal {
			t.Errorf("%.20q: personal is %v", raw, !isPersonal)
		}
	}
}

func TestNobodyLearnsFromARefusalWhatASecretHolds(t *testing.T) {
	const want = `the value is no Seam API key ("seam_…") or personal access token ("seam_at…"); not usable are client session tokens ` +
		`("seam_cst…"), publishable keys ("seam_pk…"), console sessions (JWTs, "ey…"), and values that are base64-encoded twice, ` +
		`have white space inside or exceed 4 KiB`
	for kind, raw := range map[string]string{
		"nothing":                    "",
		"white space":                " \n\t",
		"the prefix cut short":       "seam",
		"a client session":           "seam_cst1_SECRET",
		"a publishable key":          "seam_pk1_SECRET",
		"a console session":          "eyJhbGciOi.SECRET",
		"base64 of a key":            "c2VhbV8xX1NFQ1JFVA==",
		"another service's key":      "sk_live_SECRET",
		"capitals":                   "SEAM_SECRET",
		"quotes":                     `"seam_SECRET"`,
		"a header smuggled in":       "seam_1_SECRET\r\nX-Evil: 1",
		"a space inside":             "seam_1 SECRET",
		"a zero byte":                "seam_1\x00SECRET",
		"a delete character":         "seam_1\x7fSECRET",
		"a no-break space":           "seam_1\u00a0SECRET",
		"a byte order mark":          "\ufeffseam_1_SECRET",
		"a key and one byte":         "seam_SECRET" + strings.Repeat("x", 4086),
		"a key in much white space":  "seam_SECRET" + strings.Repeat("\n", 4086),
		"a session longer than that": "seam_cst1_SECRET" + strings.Repeat("x", 9999),
	} {
		token, err := ParseToken(raw)
		if !IsTokenError(err) || err.Error() != want {
			t.Errorf("%s: got %v", kind, err)
		}
		if !token.IsZero() {
			t.Errorf("%s: it can be used all the same", kind)
		}
	}
}

func TestARefusedValueIsNeverSent(t *testing.T) {
	api, err := New(Options{Endpoint: "https://seam.example"})
	if err != nil {
		t.Fatal(err)
	}
	refused, why := ParseToken("seam_cst1_SECRET")
	client, err := api.Client(refused, workspaceID)
	if client != nil || !IsTokenError(err) || err.Error() != why.Error() {
		t.Errorf("got %v, %v", client, err)
	}
}

func TestTokenErrorIsFoundWhenWrapped(t *testing.T) {
	_, err := ParseToken("")
	if !IsTokenError(fmt.Errorf("read the key: %w", err)) || IsTokenError(fmt.Errorf("other")) || IsTokenError(nil) {
		t.Error("not told apart")
	}
}

func TestTokenNeverPrints(t *testing.T) {
	token := mustParse(t, apiKey)
	inside := struct {
		Shown  Token
		hidden Token
		byKey  map[Token]int
	}{token, token, map[Token]int{token: 1}}
	client := clientWith(t, Options{Endpoint: "https://seam.example"}, apiKey)
	for _, verb := range "vsqxXdtbcoOUeEfFgGpTw" {
		for _, flag := range []string{"", "+", "#", "-40", ".3"} {
			format := "%" + flag + string(verb)
			for _, value := range []any{token, &token, inside, &inside, []Token{token}, client, *client} {
				wantHidden(t, fmt.Sprintf(format, value), "SECRETKEY", "5345435245544b4559", "5345435245544B4559")
			}
		}
	}
	for _, format := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, token); got != "[redacted]" {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestTokenIsRedactedInJSONAndLogs(t *testing.T) {
	token := mustParse(t, apiKey)
	raw, err := json.Marshal(map[Token]any{token: []any{token, &token, struct{ T Token }{token}}})
	if err != nil || string(raw) != `{"[redacted]":["[redacted]","[redacted]",{"T":"[redacted]"}]}` {
		t.Errorf("got %s, %v", raw, err)
	}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", token, "in", struct{ T Token }{token})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", token, "in", struct{ T Token }{token})
	wantHidden(t, out.String(), "SECRETKEY")
	if strings.Count(out.String(), "[redacted]") != 4 {
		t.Errorf("logged %s", out.String())
	}
}

func TestEqualTokensAreOneMapKey(t *testing.T) {
	seen := map[Token]bool{mustParse(t, "seam_one"): true}
	if !seen[mustParse(t, " seam_one\n")] || seen[mustParse(t, "seam_two")] || seen[Token{}] {
		t.Error("tokens do not compare by value")
	}
	if !(Token{}).IsZero() || (Token{}).IsPersonalAccessToken() {
		t.Error("the zero token is something")
	}
}
