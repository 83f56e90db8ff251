package seam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"testing"
)

// personalTexts are what no answer may bring into the process's output, as text and in hexadecimal.
var personalTexts = []string{"482915", "77001234", "Alice", "alice@", "5550100", "Penthouse",
	"343832393135", "3737303031323334", "416c696365", "416C696365"}

const credentialFullOfSecrets = `{"acs_credential_id": "66666666-6666-6666-6666-666666666666", "access_method": "code",
	"display_name": "Penthouse of Alice", "code": "482915", "card_number": "77001234",
	"warnings": [{"warning_code": "being_deleted", "message": "code 482915", "original_code": "482915", "new_code": "482915"},
		{"warning_code": "482915"}],
	"errors": [{"error_code": "code 482915", "message": "Alice cannot use 482915"}]}`

// answerFullOfSecrets has a PIN (482915), a card number (77001234) and personal data wherever Seam may put any.
const answerFullOfSecrets = `{
	"acs_credential": ` + credentialFullOfSecrets + `, "acs_credentials": [` + credentialFullOfSecrets + `],
	"acs_user": {"acs_user_id": "33333333-3333-3333-3333-333333333333", "full_name": "Alice", "display_name": "Alice",
		"email_address": "alice@example.com", "phone_number": "+15555550100", "user_identity_full_name": "Alice"},
	"user_identity": {"user_identity_id": "44444444-4444-4444-4444-444444444444", "full_name": "Alice",
		"display_name": "Alice", "email_address": "alice@example.com", "phone_number": "+15555550100"},
	"workspace": {"workspace_id": "55555555-5555-5555-5555-555555555555", "name": "Penthouse of Alice"},
	"error": {"type": "code 482915", "message": "Alice has code 482915", "data": {"code": "482915"}}, "ok": true}`

// everythingTold is what each method of the client brings, values and errors, when Seam answers like this.
func everythingTold(t *testing.T, answer http.HandlerFunc) []any {
	t.Helper()
	client, ctx := startSeam(t, answer).client(t), context.Background()
	credential, err1 := client.GetCredential(ctx, credentialID)
	unmanaged, err2 := client.GetUnmanagedCredential(ctx, credentialID)
	user, err3 := client.GetACSUser(ctx, userID)
	identity, err4 := client.GetUserIdentity(ctx, identityID)
	workspace, err5 := client.GetWorkspace(ctx)
	assigned, err6 := client.AssignCredential(ctx, assignAlice)
	unassigned, err7 := client.UnassignCredential(ctx, assignAlice)
	page, err8 := client.ListCredentials(ctx, "")
	told := []any{credential, page, unmanaged, user, identity, workspace, assigned, unassigned,
		err1, err2, err3, err4, err5, err6, err7, err8}
	if assigned.Credential != nil {
		told = append(told, *assigned.Credential)
	}
	return told
}

func TestNothingSecretOfAnAnswerPrints(t *testing.T) {
	for name, told := range map[string][]any{
		"read":    everythingTold(t, says(200, answerFullOfSecrets)),
		"refused": everythingTold(t, says(409, answerFullOfSecrets)),
		"cut":     everythingTold(t, says(200, answerFullOfSecrets[:len(answerFullOfSecrets)-9])),
		"text":    everythingTold(t, says(200, "code 482915 of Alice")),
		"outage":  everythingTold(t, says(503, "code 482915 of Alice")),
		"garbage": everythingTold(t, sendsRaw("SSH-2.0-482915 of Alice\r\n\r\n")),
	} {
		var out bytes.Buffer
		logs := []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))}
		for _, one := range told {
			for _, format := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d"} {
				fmt.Fprintf(&out, format, one)
			}
			for _, log := range logs {
				log.Info("told", "one", one, "in", []any{one})
			}
			encoded, err := json.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(encoded)
		}
		t.Run(name, func(t *testing.T) { wantHidden(t, out.String(), personalTexts...) })
	}
}

func TestTheAnswerFullOfSecretsIsRead(t *testing.T) {
	told := everythingTold(t, says(200, answerFullOfSecrets))
	for _, one := range told {
		if err, isError := one.(error); isError {
			t.Error(err)
		}
	}
	if got := told[len(told)-1].(Credential).Warnings; !slices.Equal(got, []string{"being_deleted", "unknown"}) {
		t.Errorf("got %v", got)
	}
}
