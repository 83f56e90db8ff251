package seam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A number of seconds is that delay up to five minutes, a date is what is left until then, white space around either is
// nothing, and anything else is no delay.
func FuzzRetryAfter(f *testing.F) {
	for _, header := range []string{"", "7", " 7\t", "0", "-1", "300", "301", "+5", "0x7", "1_0", "99999999999999999999999", "1.5", "soon",
		"Sat, 01 Mar 2025 12:00:30 GMT", "Saturday, 01-Mar-25 12:00:30 GMT", "Sat Mar  1 12:00:30 2025"} {
		f.Add(header, int32(30))
	}
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	clamp := func(seconds int64) time.Duration { return time.Duration(min(max(seconds, 0), 300)) * time.Second }
	f.Fuzz(func(t *testing.T, header string, offset int32) {
		got := parseRetryAfter(header, now)
		if got < 0 || got > 5*time.Minute || got != parseRetryAfter(" \t"+header+" ", now) {
			t.Errorf("%q is a delay of %s", header, got)
		}
		seconds, isNumber := new(big.Int).SetString(strings.TrimSpace(header), 10)
		isNumber = isNumber && !strings.ContainsAny(header, "+-")
		_, err := http.ParseTime(strings.TrimSpace(header))
		switch {
		case isNumber && seconds.IsInt64() && got != clamp(seconds.Int64()):
			t.Errorf("%q is a delay of %s", header, got)
		case isNumber && !seconds.IsInt64() && got != 5*time.Minute:
			t.Errorf("%q is a delay of %s", header, got)
		case !isNumber && err != nil && got != 0:
			t.Errorf("%q is neither a number nor a date, and a delay of %s", header, got)
		}
		for _, form := range []string{http.TimeFormat, time.RFC850, time.ANSIC} {
			offset := int64(offset) % (1 << 29) // RFC 850 has two digits for the year
			date := now.Add(time.Duration(offset) * time.Second).Format(form)
			if got := parseRetryAfter(strings.Replace(date, "UTC", "GMT", 1), now); got != clamp(offset) {
				t.Errorf("%q is a delay of %s, want %s", date, got, clamp(offset))
			}
		}
	})
}

// Wherever Seam repeats the key, or names a PIN or a card number, neither comes out of the client.
func FuzzNoSecretSurvives(f *testing.F) {
	f.Add("", "seam_test1abc_SECRETKEY", "", "482915")
	f.Add("bad_", "seam_test1abc_SECRETKEY", "_taken", "7733114466")
	f.Add("code", "seam_test1abc_SECRETKEY", "_taken", "482915")
	f.Add("bad_", "seam_abcdefgh", "_x", "1234")
	f.Add("\\u0073", "seam_at_abc_def", "é", "12345678")
	f.Fuzz(func(t *testing.T, before, key, after, digits string) {
		token, err := ParseToken(key)
		if err != nil || len(token.reveal()) < minSecretBytes || mostDigits(digits) < 4 || mostDigits(digits) != len(digits) {
			t.Skip()
		}
		key = token.reveal()
		for _, secret := range []string{key, digits} {
			said := before + secret + after
			quoted, _ := json.Marshal(said)
			for _, spelling := range []string{string(quoted), escaped(said)} {
				judgeHidden(t, token, said, spelling, secret)
			}
		}
	})
}

// escaped is a text in JSON with each character as its number.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		fmt.Fprintf(&out, `\u%04x`, r&0xffff)
	}
	return `"` + out.String() + `"`
}

// judgeHidden looks for a secret in everything that the client brings of an answer which says it everywhere.
func judgeHidden(t *testing.T, token Token, said, spelling, secret string) {
	t.Helper()
	const credential = `{"acs_credential_id":"` + credentialID + `","access_method":SAID,"display_name":SAID,"code":SAID,
		"warnings":[{"warning_code":SAID,"message":SAID}],"errors":[{"error_code":SAID}]}`
	body := []byte(strings.ReplaceAll(`{"acs_credential":`+credential+`,"acs_credentials":[`+credential+`],"error":{"type":SAID,"message":SAID}}`, "SAID", spelling))
	var out bytes.Buffer
	for _, status := range []int{200, 400, 503} {
		client := canned(t, status, http.Header{"Seam-Request-Id": {said}, "Retry-After": {said}}, body)
		client.token = token
		read, err := client.GetCredential(context.Background(), credentialID)
		page, listErr := client.ListCredentials(context.Background(), "")
		result, writeErr := client.AssignCredential(context.Background(), assignAlice)
		fmt.Fprintf(&out, "%v %+v %v %+v %v %v %s %+v %v\n", read, read, err, result.RequestID, writeErr, client, token, page, listErr)
		encoded, _ := json.Marshal([]any{read, err, result, writeErr, client, page, listErr})
		out.Write(encoded)
	}
	if status := "Seam answered"; strings.Contains(out.String(), secret) && !strings.Contains(status, secret) {
		t.Errorf("%q, which Seam said as %s, survives in\n%s", secret, spelling, &out)
	}
}

// A token is used exactly when it is a key or a personal access token that fits into a header; else it leaves no trace.
func FuzzToken(f *testing.F) {
	for _, raw := range []string{"seam_test1abc_x", " seam_1\r\n", "seam_at1abc", "seam_cst1", "seam_pk1", "eyJhbGciOi.x.y", "", "seam_", "seam_1\r\nX-Evil: 1",
		"SEAM_1", "seam_é", "\u00a0seam_1\u00a0", "\ufeffseam_1", "seam_1\x7f", "seam_" + strings.Repeat("x", 4092)} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		value := strings.TrimSpace(raw)
		isVisible := !slices.ContainsFunc([]byte(value), func(b byte) bool { return b < 0x21 || b > 0x7e })
		kind := func(prefix string) bool { return strings.HasPrefix(value, prefix) }
		isUsable := len(raw) <= 4096 && isVisible && kind("seam_") && !kind("seam_cst") && !kind("seam_pk")
		token, err := ParseToken(raw)
		if (err == nil) != isUsable || token.IsZero() == isUsable || token.IsPersonalAccessToken() != (isUsable && kind("seam_at")) {
			t.Errorf("%q: got %v, zero %t", raw, err, token.IsZero())
		}
		if err != nil {
			if err.Error() != unusableValue || !IsTokenError(err) {
				t.Errorf("%q is refused as %v", raw, err)
			}
			return
		}
		again, _ := ParseToken(value + "\n")
		if again != token || token.reveal() != value {
			t.Errorf("%q is another token when it is read again", raw)
		}
		printed := fmt.Sprintf("%v %+v %#v %s %q %x %d %v", token, token, token, token, token, token, token, map[Token][]Token{token: {token}})
		encoded, _ := json.Marshal(map[Token]Token{token: token})
		if len(value) >= minSecretBytes && strings.Contains(printed+string(encoded), value) {
			t.Errorf("%q prints as %s and %s", value, printed, encoded)
		}
	})
}

// An endpoint that is taken is https, or this machine; the key goes to it and nowhere else. One that is refused is not
// repeated.
func FuzzEndpoint(f *testing.F) {
	for _, raw := range []string{"https://connect.getseam.com", "https://h:8443/prefix/../v1", "http://127.0.0.1:8080", "http://[::1]", "http://LOCALHOST/", "http://[::ffff:127.0.0.1]",
		"", "http://h", "https://", "https://u:SECRETPW@h", "https://h?x", "https://h#", "ftp://h", "https://h%2f@evil", "https://h\\@evil", "http://localhost%00.evil", "http://[::1%25lo]:1", "https:h"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		endpoint, err := ParseEndpoint(raw)
		if err != nil {
			shown := strings.NewReplacer("https://connect.getseam.com", "", "https://", "").Replace(err.Error())
			if strings.Contains(err.Error(), "\n") || len(raw) > 40 && strings.Contains(shown, raw) {
				t.Errorf("%q is refused as %v", raw, err)
			}
			return
		}
		host, _, _ := strings.Cut(endpoint.Hostname(), "%") // a zone
		if ip := net.ParseIP(host); endpoint.Scheme != "https" && !strings.EqualFold(host, "localhost") && (ip == nil || !ip.IsLoopback()) {
			t.Errorf("%q would send the key in the clear to %s", raw, host)
		}
		api, err := New(Options{Endpoint: raw})
		if err != nil {
			t.Fatal(err)
		}
		client, err := api.Client(mustParse(t, personal), workspaceID)
		if err != nil {
			t.Fatal(err)
		}
		judgeRequests(t, client, endpoint, credentialID, userID)
	})
}

// Whatever an ID is, a request goes to the endpoint's host and the operation's path, carries the IDs unchanged, and the
// key in its one header.
func FuzzRequest(f *testing.F) {
	f.Add(credentialID, userID)
	f.Add("", userID)
	f.Add("a&acs_user_id=b#c", "../../x?y")
	f.Add("\r\nHost: evil", "é\x00\xff")
	f.Fuzz(func(t *testing.T, credential, user string) {
		api, err := New(Options{Endpoint: "https://connect.getseam.com/prefix"})
		if err != nil {
			t.Fatal(err)
		}
		client, err := api.Client(mustParse(t, personal), workspaceID)
		if err != nil {
			t.Fatal(err)
		}
		judgeRequests(t, client, api.endpoint, credential, user)
	})
}

func judgeRequests(t *testing.T, client *Client, endpoint *url.URL, credential, user string) {
	t.Helper()
	ids, wanted := params{}, map[string]string{"acs_credential_id": credential, "acs_user_id": user}
	for name, id := range wanted {
		ids[name] = id
	}
	if isComplete := credential != "" && user != ""; (ids.check() == nil) != isComplete {
		t.Fatalf("%q: %v", ids, ids.check())
	}
	for operation, route := range routes {
		request, err := client.request(context.Background(), operation, ids)
		if err != nil {
			t.Fatalf("%s to %s: %v", operation, endpoint, err)
		}
		host := strings.TrimSuffix(endpoint.Host, ":") // net/http drops an empty port
		if request.URL.Host != host || request.URL.Scheme != endpoint.Scheme || request.Host != host ||
			!strings.HasSuffix(request.URL.Path, route.path) || request.URL.User != nil || request.URL.Fragment != "" {
			t.Errorf("%s to %s goes to %s", operation, endpoint, request.URL)
		}
		got := map[string]string{}
		if route.method == http.MethodGet {
			for name := range request.URL.Query() {
				got[name] = request.URL.Query().Get(name)
			}
		} else if err := json.NewDecoder(request.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		for name, want := range wanted {
			if asked := got[name]; asked != want && readable(asked) != readable(want) {
				t.Errorf("%s asks for %s %q, want %q", operation, name, asked, want)
			}
		}
		if key := request.Header.Values("Authorization"); len(got) != len(ids) || len(key) != 1 || strings.Contains(request.URL.String(), "SECRETKEY") {
			t.Errorf("%s sends %v to %s with %d keys", operation, got, request.URL, len(key))
		}
	}
}

// readable is a text without the bytes for which JSON has no spelling, or what stands for them.
func readable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\ufffd", "")
}

// An ID is 36 hexadecimal digits and dashes at their places, whatever the case.
func FuzzID(f *testing.F) {
	for _, text := range []string{credentialID, strings.ToUpper("abcdefab-0000-4000-8000-abcdefabcdef"), "", credentialID + "\n", "{" + credentialID + "}", "urn:uuid:" + credentialID,
		strings.ReplaceAll(credentialID, "-", ""), strings.Replace(credentialID, "6", "g", 1), strings.Replace(credentialID, "6", "٦", 1)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		is := len(text) == 36
		for i := 0; is && i < len(text); i++ {
			if isDash := i == 8 || i == 13 || i == 18 || i == 23; isDash {
				is = text[i] == '-'
			} else {
				is = strings.IndexByte("0123456789abcdefABCDEF", text[i]) >= 0
			}
		}
		if IsID(text) != is || is && (!IsID(strings.ToLower(text)) || !IsID(strings.ToUpper(text))) {
			t.Errorf("%q is an ID: %t", text, IsID(text))
		}
		if is && safeRequestID(text) != text {
			t.Errorf("as the name of a request %q reads as %q", text, safeRequestID(text))
		}
	})
}
