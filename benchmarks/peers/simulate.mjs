// Times @cloud-copilot/iam-simulate: its core (runUnsafeSimulation) and its public call.
// Usage: node simulate.mjs MODULE WORKLOAD.json; then a line `core N` or `public N` on standard
// input for each round of N requests; each is answered with the seconds it took.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [module, workload] = process.argv.slice(2)
const { runSimulation, runUnsafeSimulation } = await import(module)
const { caller, account, identity, boundary, scps, calls } = JSON.parse(readFileSync(workload))

const named = (policies, kind) => policies.map((policy, index) => ({ name: `${kind}${index}`, policy }))
const shared = {
  identityPolicies: named(identity, 'identity'),
  permissionBoundaryPolicies: boundary ? named([boundary], 'boundary') : undefined,
  serviceControlPolicies: scps.map((policies, level) => ({
    orgIdentifier: `level${level}`,
    policies: named(policies, 'scp')
  })),
  resourceControlPolicies: []
}
const simulations = calls.map(({ action, resource, context }) => ({
  ...shared,
  request: {
    principal: caller,
    action,
    resource: { resource, accountId: account },
    contextVariables: context
  }
}))

const of = { core: runUnsafeSimulation, public: runSimulation }
const first = {}
for (const name of ['core', 'public']) {
  const results = {}
  for (const simulation of simulations) {
    const found = await of[name](simulation, {})
    const word = found.resultType === 'error' ? 'error' : found.overallResult ?? found
    results[word] = (results[word] ?? 0) + 1
  }
  first[name] = results
}
console.log(JSON.stringify(first))

for await (const line of createInterface({ input: process.stdin })) {
  const [name, count] = line.split(' ')
  const start = process.hrtime.bigint()
  for (let index = 0; index < Number(count); index++) {
    await of[name](simulations[index % simulations.length], {})
  }
  console.log(Number(process.hrtime.bigint() - start) / 1e9)
}
