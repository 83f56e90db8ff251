package seam

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const answerAboutCredential = `{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666"},"ok":true}`

// unreadable are answers with status 200 that do not tell about the credential.
var unreadable = map[string]http.HandlerFunc{
	"nothing":         says(200, ``),
	"204":             says(204, ``),
	"empty object":    says(200, `{}`),
	"ok only":         says(200, `{"ok":true}`),
	"null":            says(200, `null`),
	"null credential": says(200, `{"acs_credential":null}`),
	"a list":          says(200, `{"acs_credential":[]}`),
	"no ID":           says(200, `{"acs_credential":{}}`),
	"null ID":         says(200, `{"acs_credential":{"acs_credential_id":null}}`),
	"number ID":       says(200, `{"acs_credential":{"acs_credential_id":6}}`),
	"other ID":        says(200, `{"acs_credential":{"acs_credential_id":"99999999-9999-9999-9999-999999999999"}}`),
	"ID in capitals":  says(200, `{"ACS_CREDENTIAL":{"ACS_CREDENTIAL_ID":"66666666-6666-6666-6666-666666666666"}}`),
	"number holder":   says(200, `{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666","acs_user_id":7}}`),
	"text":            says(200, `OK`),
	"HTML":            says(200, `<html>PIN 1234</html>`),
	"cut JSON":        says(200, answerAboutCredential[:60]),
	"two answers":     says(200, answerAboutCredential+answerAboutCredential),
	"error inside":    says(200, `{"error":{"type":"x"},"ok":false}`),
	"too large":       says(200, answerAboutCredential+strings.Repeat(" ", 2<<20)),
	"gzip bomb":       gzipped(answerAboutCredential + strings.Repeat(" ", 32<<20)),
	"false gzip":      labelledGzip([]byte(answerAboutCredential)),
	"cut body":        sendsRaw("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + answerAboutCredential),
	"broken chunks":   sendsRaw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nPIN1234\r\n"),
}

func gzipped(body string) http.HandlerFunc {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write([]byte(body))
	_ = writer.Close()
	return labelledGzip(packed.Bytes())
}

func labelledGzip(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}
}

func TestUnreadableAnswers(t *testing.T) {
	for name, answer := range unreadable {
		t.Run(name, func(t *testing.T) {
			client := startSeam(t, answer).client(t)
			got, err := client.GetCredential(context.Background(), credentialID)
			wantClass(t, err, Unavailable)
			if err != nil {
				wantHidden(t, err.Error(), "1234", "html", otherID)
			}
			if !reflect.DeepEqual(got, Credential{}) {
				t.Errorf("a read brought %v with its error", got)
			}
			result, err := client.AssignCredential(context.Background(), assignAlice)
			if err != nil || result.Credential != nil {
				t.Errorf("a write brought %v, %v; want success and no credential", result, err)
			}
		})
	}
}

func TestAnswersUpToTheLimitAreRead(t *testing.T) {
	room := 1<<20 - len(answerAboutCredential)
	for name, answer := range map[string]http.HandlerFunc{
		"1 MiB":       says(200, answerAboutCredential+strings.Repeat(" ", room)),
		"1 MiB, gzip": gzipped(answerAboutCredential + strings.Repeat(" ", room)),
		"status 201":  says(201, answerAboutCredential),
	} {
		client := startSeam(t, answer).client(t)
		if _, err := client.GetCredential(context.Background(), credentialID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTooLargeAnswersSaySo(t *testing.T) {
	_, err := startSeam(t, unreadable["gzip bomb"]).client(t).GetCredential(context.Background(), credentialID)
	if err == nil || err.Error() != "get_credential: Seam answered 200: answer larger than 1 MiB" {
		t.Errorf("got %v", err)
	}
}

func TestRefusalsTellStatusTypeAndRequest(t *testing.T) {
	long := strings.Repeat("r", 128)
	for name, test := range map[string]struct{ requestID, body, want string }{
		"envelope": {"req-1", `{"error":{"type":"invalid_input","message":"PIN 1234"},"ok":false}`,
			"assign_credential: Seam answered 400 invalid_input (request req-1)"},
		"type as prose":   {"", `{"error":{"type":"PIN 1234"}}`, "assign_credential: Seam answered 400"},
		"type too long":   {"", `{"error":{"type":"` + strings.Repeat("x", 65) + `"}}`, "assign_credential: Seam answered 400"},
		"type of 64":      {"", `{"error":{"type":"` + strings.Repeat("x", 64) + `"}}`, "assign_credential: Seam answered 400 " + strings.Repeat("x", 64)},
		"type and a line": {"", `{"error":{"type":"x\n"}}`, "assign_credential: Seam answered 400"},
		"number type":     {"", `{"error":{"type":1234,"message":{}}}`, "assign_credential: Seam answered 400"},
		"text error":      {"", `{"error":"PIN 1234"}`, "assign_credential: Seam answered 400"},
		"text":            {"", `Invalid JSON 1234`, "assign_credential: Seam answered 400"},
		"HTML":            {"", `<html>1234</html>`, "assign_credential: Seam answered 400"},
		"nothing":         {"", ``, "assign_credential: Seam answered 400"},
		"too large":       {"", strings.Repeat("1234", 1<<19), "assign_credential: Seam answered 400"},
		"longest request": {long, ``, "assign_credential: Seam answered 400 (request " + long + ")"},
		"too long":        {long + "r", ``, "assign_credential: Seam answered 400"},
		"not printable":   {"req\t1234", ``, "assign_credential: Seam answered 400"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := startSeam(t, func(w http.ResponseWriter, r *http.Request) {
				if test.requestID != "" {
					w.Header().Set("seam-request-id", test.requestID)
				}
				says(400, test.body)(w, r)
			})
			_, err := fake.client(t).AssignCredential(context.Background(), assignAlice)
			wantClass(t, err, Invalid)
			if err == nil || err.Error() != test.want {
				t.Errorf("\n got %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestReadingStopsAtTheLimit(t *testing.T) {
	endless := strings.NewReader(strings.Repeat(" ", 8<<20))
	got := readAnswer(context.Background(), &http.Response{StatusCode: 200, Body: io.NopCloser(endless)}, 1<<20)
	if read := 8<<20 - endless.Len(); got.unread == nil || read != 1<<20+1 {
		t.Errorf("read %d bytes, %v", read, got.unread)
	}
}
