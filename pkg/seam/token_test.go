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
		"seam_" + strings.Repeat("x", 9999): false,
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

func TestOtherTokensAreRefusedByKind(t *testing.T) {
	const inside = "the token has white space, control characters or non-ASCII characters inside"
	for raw, want := range map[string]string{
		"":                           "the token is empty",
		" \n\t":                      "the token is empty",
		"seam_cst1_SECRET":           `the token is a client session token ("seam_cst…")`,
		"seam_pk1_SECRET":            `the token is a publishable key ("seam_pk…")`,
		"eyJhbGciOi.SECRET":          `the token is a JWT ("ey…"), as console sessions use`,
		"c2VhbV8xX1NFQ1JFVA==":       "the token is base64-encoded once too often",
		"sk_live_SECRET":             `the token does not start with "seam_"`,
		"SEAM_SECRET":                `the token does not start with "seam_"`,
		`"seam_SECRET"`:              `the token does not start with "seam_"`,
		"seam_1_SECRET\r\nX-Evil: 1": inside,
		"seam_1 SECRET":              inside,
		"seam_1\x00SECRET":           inside,
		"seam_1\x7fSECRET":           inside,
		"seam_1\u00a0SECRET":         inside,
		"\ufeffseam_1_SECRET":        inside,
	} {
		token, err := ParseToken(raw)
		if !IsTokenError(err) || !token.IsZero() {
			t.Errorf("%q: got %v", raw, err)
			continue
		}
		want += `: use an API key ("seam_…") or a personal access token ("seam_at…")`
		if err.Error() != want {
			t.Errorf("%q:\n got %s\nwant %s", raw, err, want)
		}
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
