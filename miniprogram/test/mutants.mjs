/**
 * Breaks the kit or its message centre in one place after the other, and shows which test notices. `node test/mutants.mjs TEXT` runs those whose
 * name has the text, and without it all; `--first` runs the first ones, as `make test` does. KIT_JOBS sets how many run at
 * once. Ends with 1 if one survives.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { build } from '../build.mjs'
import { FIRST, MUTANTS } from './support/mutants.mjs'

const KIT = path.resolve(import.meta.dirname, '..')
const JOBS = Number(process.env.KIT_JOBS ?? availableParallelism())
const SECONDS = 30 // a mistake may make it go round for ever

/** A copy of a package with one mistake. It stays below the kit, where tsc finds the typings. `part`: its folder in the kit. */
async function mutate({ part, file, from, to }) {
  const root = mkdtempSync(path.join(KIT, '.mutants/'))
  const needed = ['tsconfig.json', path.join(part, 'tsconfig.json'), path.join(part, 'src'), ...(part ? ['types'] : [])]
  for (const each of needed) cpSync(path.join(KIT, each), path.join(root, each), { recursive: true })
  const at = path.join(root, part, 'src', file)
  const source = readFileSync(at, 'utf8')
  if (source.split(from).length !== 2) throw new Error(`${file} must have this once: ${from}`)
  writeFileSync(at, source.replace(from, () => to))
  await build(path.join(root, part))
  return root
}

/** The names of the tests that fail. */
function failures(root, { part, tests }) {
  const files = tests.map((each) => path.join(KIT, 'test', `${each}.test.mjs`))
  const environment = { ...process.env, [part ? 'CENTRE_DIST' : 'KIT_DIST']: path.join(root, part, 'miniprogram_dist'), KIT_RUNS: '60' }
  return new Promise((resolve) => {
    const run = spawn(process.execPath, ['--test', '--test-reporter=tap', ...files], { env: environment, timeout: SECONDS * 1000 })
    let said = ''
    run.stdout.on('data', (text) => { said += text })
    run.on('close', (status) => resolve(status === 0 ? [] : [...said.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, name]) => name).concat('it ended with ' + status).slice(0, 2)))
  })
}

async function check(mutant) {
  const root = await mutate(mutant)
  const failed = await failures(root, mutant)
  rmSync(root, { recursive: true, force: true })
  console.log(failed.length ? `killed    ${mutant.name}: ${failed[0]}` : `SURVIVED  ${mutant.name}`)
  return failed.length > 0
}

mkdirSync(path.join(KIT, '.mutants'), { recursive: true })
const text = process.argv[2] ?? ''
const wanted = text === '--first' ? MUTANTS.slice(0, FIRST) : MUTANTS.filter(({ name }) => name.includes(text))
const waiting = [...wanted]
let killed = 0
const work = async () => {
  for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) if (await check(mutant)) killed += 1
}
await Promise.all(Array.from({ length: JOBS }, work))
rmSync(path.join(KIT, '.mutants'), { recursive: true, force: true })
console.log(`${killed} of ${wanted.length} killed`)
process.exit(killed === wanted.length ? 0 : 1)
