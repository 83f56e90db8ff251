// Prints the part of Seam's published OpenAPI that the operator and its fake are about.
import { openapi } from '@seamapi/types/connect'

const used = /^\/(acs\/credentials\/(assign|unassign|get|list|unmanaged\/get)|acs\/users\/(get|list)|user_identities\/get|workspaces\/get)$/
const paths = Object.fromEntries(Object.entries(openapi.paths).filter(([path]) => used.test(path)))

const schemas = {}
const collect = (node) => {
  if (node === null || typeof node !== 'object') return
  const name = node.$ref?.replace('#/components/schemas/', '')
  if (name && !schemas[name]) {
    schemas[name] = openapi.components.schemas[name]
    collect(schemas[name])
  }
  Object.values(node).forEach(collect)
}
collect(paths)

process.stdout.write(JSON.stringify({ ...openapi, paths, components: { ...openapi.components, schemas } }))
