// Seam's own JavaScript SDK against the fake: what it returns and throws is what its documentation promises.
// SEAM_ENDPOINT is the fake, WORLD who is in it, and WRITE_ANSWER what it says to a write.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

import {
  isSeamHttpApiError,
  isSeamHttpInvalidInputError,
  isSeamHttpUnauthorizedError,
  Seam,
  SeamHttpInvalidTokenError,
} from 'seam'

const endpoint = process.env.SEAM_ENDPOINT
const world = JSON.parse(process.env.WORLD)
const writeAnswer = process.env.WRITE_ANSWER
const retries = { axiosRetryOptions: { retries: 0 } }
const seam = new Seam({ apiKey: world.APIKey, endpoint, ...retries })

const credential = () => seam.acs.credentials.get({ acs_credential_id: world.Credential })

// fails resolves with what a call throws.
const fails = async (call) => {
  try {
    await call
  } catch (error) {
    return error
  }
  assert.fail('nothing was thrown')
}

const refused = async (call, statusCode, code) => {
  const error = await fails(call)
  assert.ok(isSeamHttpApiError(error), `no SeamHttpApiError: ${error}`)
  assert.equal(error.statusCode, statusCode)
  assert.equal(error.code, code)
  assert.match(error.requestId, /^[0-9a-f-]{36}$/)
  assert.ok(error.message)
  return error
}

test('assign and unassign by ACS user', async () => {
  const pair = { acs_credential_id: world.Credential, acs_user_id: world.Stranger }
  assert.equal(await seam.acs.credentials.assign(pair), undefined)
  assert.equal((await credential()).acs_user_id, world.Stranger)
  assert.equal(await seam.acs.credentials.unassign(pair), undefined)
  assert.equal((await credential()).acs_user_id, undefined)
})

test('assign and unassign by user identity: the credential belongs to the ACS user with the same e-mail', async () => {
  const pair = { acs_credential_id: world.Credential, user_identity_id: world.Identity }
  assert.equal(await seam.acs.credentials.assign(pair), undefined)
  assert.equal((await credential()).acs_user_id, world.User)
  const user = await seam.acs.users.get({ acs_user_id: world.User })
  assert.equal(user.user_identity_id, world.Identity)
  assert.deepEqual((await seam.acs.credentials.list({ user_identity_id: world.Identity })).map((c) => c.acs_credential_id), [world.Credential])
  assert.equal(await seam.acs.credentials.unassign(pair), undefined)
  assert.equal((await credential()).acs_user_id, undefined)
})

test("the documentation's example of assign, in JavaScript", async () => {
  await seam.acs.credentials.assign({
    user_identity_id: "1082e2e8-ecbd-4ef1-aa61-a805f7ae2f01",
    acs_credential_id: "59c9af06-7881-46d2-8d9b-3eda964c058b",
  });
  const { acs_user_id } = await seam.acs.credentials.get({ acs_credential_id: '59c9af06-7881-46d2-8d9b-3eda964c058b' })
  const { user_identity_id } = await seam.acs.users.get({ acs_user_id })
  assert.equal(user_identity_id, '1082e2e8-ecbd-4ef1-aa61-a805f7ae2f01')
})

const documented = `curl --include --request POST "https://connect.getseam.com/acs/credentials/assign" \\
  --header "Authorization: Bearer $SEAM_API_KEY" \\
  --json @- <<EOF
{
  "user_identity_id": "1082e2e8-ecbd-4ef1-aa61-a805f7ae2f01",
  "acs_credential_id": "59c9af06-7881-46d2-8d9b-3eda964c058b"
}
EOF
`

test("the documentation's example of assign, in cURL", async () => {
  const script = documented.replace('https://connect.getseam.com', endpoint)
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: { ...process.env, SEAM_API_KEY: world.APIKey } })
  assert.match(stdout, /^HTTP\/1.1 200 OK\r\n/)
  const answer = stdout.slice(stdout.indexOf('\r\n\r\n') + 4)
  if (writeAnswer === 'credential') {
    assert.equal(JSON.parse(answer).acs_credential.acs_credential_id, '59c9af06-7881-46d2-8d9b-3eda964c058b')
  } else {
    assert.equal(answer, writeAnswer === 'nothing' ? '' : writeAnswer)
  }
})

test('a list comes page by page', async () => {
  const all = (await seam.acs.credentials.list()).map((c) => c.acs_credential_id)
  assert.ok(all.length >= 5 && new Set(all).size === all.length, `${all}`)
  const pages = seam.createPaginator(seam.acs.credentials.list({ limit: 2 }))
  const [first, { hasNextPage, nextPageCursor, nextPageUrl }] = await pages.firstPage()
  assert.equal(first.length, 2)
  assert.equal(hasNextPage, true)
  assert.ok(nextPageUrl.startsWith(endpoint), nextPageUrl)
  const [second] = await pages.nextPage(nextPageCursor)
  assert.deepEqual([...first, ...second].map((c) => c.acs_credential_id), all.slice(0, 4))
  assert.deepEqual((await pages.flattenToArray()).map((c) => c.acs_credential_id), all)
  const foreign = seam.createPaginator(seam.acs.credentials.list({ limit: 2, acs_user_id: world.User }))
  await refused(foreign.nextPage(nextPageCursor), 400, 'invalid_input')
})

test('a list is filtered', async () => {
  assert.equal((await seam.acs.credentials.list({ acs_user_id: world.Stranger })).length, 0)
  assert.ok((await seam.acs.credentials.list({ acs_system_id: world.System })).length >= 5)
  assert.equal((await seam.acs.credentials.list({ acs_system_id: world.Nobody })).length, 0)
})

test('users and identities', async () => {
  const users = await seam.acs.users.list({ acs_system_id: world.System })
  assert.ok(users.some((u) => u.acs_user_id === world.User) && users.some((u) => u.acs_user_id === world.Stranger))
  const identity = await seam.userIdentities.get({ user_identity_id: world.Identity })
  assert.equal(identity.user_identity_id, world.Identity)
  assert.equal(identity.email_address, 'ada@example.com')
})

test('the workspace of an API key', async () => {
  const workspace = await seam.workspaces.get()
  assert.equal(workspace.workspace_id, world.Workspace)
  assert.equal(workspace.is_sandbox, true)
})

test('a personal access token names its workspace', async () => {
  const personal = Seam.fromPersonalAccessToken(world.PersonalToken, world.Workspace, { endpoint, ...retries })
  assert.equal((await personal.workspaces.get()).workspace_id, world.Workspace)
  const foreign = Seam.fromPersonalAccessToken(world.PersonalToken, world.Nobody, { endpoint, ...retries })
  assert.ok(isSeamHttpUnauthorizedError(await fails(foreign.workspaces.get())))
})

test('a personal access token without its workspace opens nothing', async () => {
  assert.throws(() => new Seam({ apiKey: world.PersonalToken, endpoint }), SeamHttpInvalidTokenError)
  const homeless = new Seam({ personalAccessToken: world.PersonalToken, endpoint, ...retries })
  assert.ok(isSeamHttpUnauthorizedError(await fails(homeless.workspaces.get())))
})

test('a wrong key', async () => {
  const stranger = new Seam({ apiKey: 'seam_nobody_knows_this', endpoint, ...retries })
  const error = await refused(stranger.acs.credentials.get({ acs_credential_id: world.Credential }), 401, 'unauthorized')
  assert.ok(isSeamHttpUnauthorizedError(error))
})

test('unknown IDs', async () => {
  const { Nobody: none, Credential: acs_credential_id } = world
  await refused(seam.acs.credentials.get({ acs_credential_id: none }), 404, 'acs_credential_not_found')
  await refused(seam.acs.credentials.assign({ acs_credential_id: none, acs_user_id: world.User }), 404, 'acs_credential_not_found')
  await refused(seam.acs.credentials.assign({ acs_credential_id, acs_user_id: none }), 404, 'acs_user_not_found')
  await refused(seam.acs.credentials.assign({ acs_credential_id, user_identity_id: none }), 404, 'user_identity_not_found')
  await refused(seam.acs.users.get({ acs_user_id: none }), 404, 'acs_user_not_found')
  await refused(seam.userIdentities.get({ user_identity_id: none }), 404, 'user_identity_not_found')
})

test('an ID that is no UUID is named', async () => {
  const error = await refused(seam.acs.credentials.get({ acs_credential_id: 'card' }), 400, 'invalid_input')
  assert.ok(isSeamHttpInvalidInputError(error))
  assert.deepEqual(error.validationErrors.map((e) => e.parameterName), ['acs_credential_id'])
  assert.equal(error.getValidationErrorMessages('acs_credential_id').length, 1)
})

test('both persons at once, and nobody', async () => {
  const { Credential: acs_credential_id, User: acs_user_id, Identity: user_identity_id } = world
  for (const write of [seam.acs.credentials.assign, seam.acs.credentials.unassign]) {
    const call = write.bind(seam.acs.credentials)
    assert.ok(isSeamHttpInvalidInputError(await refused(call({ acs_credential_id, acs_user_id, user_identity_id }), 400, 'invalid_input')))
    assert.ok(isSeamHttpInvalidInputError(await refused(call({ acs_credential_id }), 400, 'invalid_input')))
  }
})
