// Runs Seam's own fake on a free loopback port, prints where and who is in it, and stops when its input ends.
import net from 'node:net'

import { createFake } from '@seamapi/fake-seam-connect'

// The fake listens on every address, on a port that it is told.
const listen = net.Server.prototype.listen
let server
net.Server.prototype.listen = function (...args) {
  server = this
  return listen.call(this, { port: 0, host: '127.0.0.1' }, args.find((arg) => typeof arg === 'function'))
}

const fake = await createFake()
const seed = await fake.seed()
await fake.startServer({ port: 1 })
if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
const url = `http://127.0.0.1:${server.address().port}`

const answer = await fetch(`${url}/acs/users/create`, {
  method: 'POST',
  headers: { authorization: `Bearer ${seed.seam_apikey1_token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ acs_system_id: seed.visionline_acs_system_1, full_name: 'Ada Guest' }),
})
const { acs_user } = await answer.json()

console.log(JSON.stringify({
  URL: url,
  APIKey: seed.seam_apikey1_token,
  PersonalToken: seed.seam_at1_token,
  Workspace: seed.seed_workspace_1,
  User: acs_user.acs_user_id,
}))
process.stdin.on('end', () => process.exit(0)).resume()
