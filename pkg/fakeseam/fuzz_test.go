package fakeseam

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// ask calls a server of the hotel without a network between.
func ask(s *Server, method, path string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://seam.example"+path, strings.NewReader(string(body)))
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer
}

func hotelOf(credentials int) *Server {
	s := New()
	s.AddWorkspace(Workspace{ID: hotel})
	s.AddAPIKey(apiKey, hotel)
	s.AddSystem(System{ID: doors, WorkspaceID: hotel})
	for i := range credentials {
		s.AddCredential(Credential{ID: numbered(i), SystemID: doors})
	}
	return s
}

func numbered(i int) string { return fmt.Sprintf("66666666-6666-6666-6666-%012d", i) }

// However long the pages are, and whatever comes and goes while somebody leafs through them, each credential that was
// there all the time is listed once, in the order of creation, and no page is longer than was asked for.
func FuzzListPaging(f *testing.F) {
	f.Add(uint8(0), uint8(1), []byte{})
	f.Add(uint8(5), uint8(2), []byte{})
	f.Add(uint8(6), uint8(3), []byte{0, 2, 255, 4})
	f.Add(uint8(40), uint8(1), []byte{39, 0, 200, 200, 201})
	f.Add(uint8(3), uint8(200), []byte{1})
	f.Fuzz(func(t *testing.T, credentials, limit uint8, happens []byte) {
		s, limitPlusOne := hotelOf(int(credentials)), int(limit)+1
		removed, added := map[string]bool{}, 0
		var listed []string
		request := map[string]any{"limit": limitPlusOne, "acs_system_id": doors}
		for page := 0; ; page++ {
			if page > int(credentials)+len(happens)+1 {
				t.Fatal("the list has no end")
			}
			body, _ := json.Marshal(request)
			answer := ask(s, http.MethodPost, "/acs/credentials/list", body)
			var got struct {
				Credentials []struct {
					ID string `json:"acs_credential_id"`
				} `json:"acs_credentials"`
				Pagination struct {
					Cursor *string `json:"next_page_cursor"`
					More   bool    `json:"has_next_page"`
				} `json:"pagination"`
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
				t.Fatalf("page %d: %d %s", page, answer.Code, answer.Body)
			}
			if len(got.Credentials) > limitPlusOne || got.Pagination.More != (got.Pagination.Cursor != nil) || got.Pagination.More && len(got.Credentials) < limitPlusOne {
				t.Errorf("a page of %d is %s", limitPlusOne, answer.Body)
			}
			for _, c := range got.Credentials {
				listed = append(listed, c.ID)
			}
			if !got.Pagination.More {
				break
			}
			request["page_cursor"] = *got.Pagination.Cursor
			if page < len(happens) {
				if i := int(happens[page]); i < int(credentials) {
					s.DeleteCredential(numbered(i))
					removed[numbered(i)] = true
				} else {
					s.AddCredential(Credential{ID: numbered(1000 + added), SystemID: doors})
					added++
				}
			}
		}
		if !slices.IsSorted(listed) || len(slices.Compact(slices.Clone(listed))) != len(listed) {
			t.Errorf("listed %v", listed)
		}
		for i := range int(credentials) {
			if id := numbered(i); !slices.Contains(listed, id) && !removed[id] {
				t.Errorf("%s is missing from %v", id, listed)
			}
		}
	})
}

// Whatever is asked for, the answer is one of Seam's: JSON with ok, or a text that says what is wrong, never an internal
// error; and nothing changes unless the call was a write that succeeded.
func FuzzCall(f *testing.F) {
	for _, body := range []string{``, `{}`, `null`, `[]`, `{"limit":0}`, `{"limit":1e300}`, `{"limit":"NaN"}`, `{"limit":2,"page_cursor":""}`, `{"page_cursor":"e30"}`, `{"page_cursor":null}`,
		`{"page_cursor":"eyJhZnRlciI6LTEsInF1ZXJ5IjoiIn0"}`, `{"acs_credential_id":"` + roomKey + `","acs_user_id":"` + alice + `"}`, `{"acs_credential_id":"` + roomKey + `","acs_user_id":7}`,
		`{"acs_credential_id":"` + strings.ToUpper(roomKey) + `","user_identity_id":"` + visitor + `"}`, `{"acs_credential_id":"x"}`, `{"user_identity_id":"` + visitor + `","user_identity_id":{}}`} {
		for i := range uint8(27) {
			f.Add(i/3, i%3, []byte(body))
		}
	}
	var paths []string
	for path := range routes {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	f.Fuzz(func(t *testing.T, route, method uint8, body []byte) {
		s := hotelOf(1)
		s.AddUser(User{ID: alice, SystemID: doors})
		s.AddCredential(Credential{ID: roomKey, SystemID: doors})
		path := paths[int(route)%len(paths)]
		verb := []string{http.MethodGet, http.MethodPost, http.MethodPatch}[method%3]

		answer := ask(s, verb, path, body)

		var envelope struct {
			OK    *bool `json:"ok"`
			Error *struct {
				Type    string `json:"type"`
				Message string `json:"message"`
			} `json:"error"`
		}
		isEnvelope := json.Unmarshal(answer.Body.Bytes(), &envelope) == nil && envelope.OK != nil
		switch {
		case answer.Code == http.StatusOK && (!isEnvelope || !*envelope.OK):
			t.Errorf("%s %s %q succeeds with %s", verb, path, body, answer.Body)
		case answer.Code != http.StatusOK && (answer.Code < 400 || answer.Code >= 500):
			t.Errorf("%s %s %q is answered %d %s", verb, path, body, answer.Code, answer.Body)
		case answer.Code != http.StatusOK && isEnvelope && (*envelope.OK || envelope.Error == nil || envelope.Error.Type == "" || envelope.Error.Message == ""):
			t.Errorf("%s %s %q is refused with %s", verb, path, body, answer.Body)
		}
		isChanged := s.Calls()[0].Changed
		if c, _ := s.Credential(roomKey); isChanged != (c.ACSUserID != "" || c.UserIdentityID != "") || isChanged && (answer.Code != http.StatusOK || !strings.Contains(path, "assign")) {
			t.Errorf("%s %s %q: changed %t, and the key is %+v", verb, path, body, isChanged, c)
		}
	})
}
