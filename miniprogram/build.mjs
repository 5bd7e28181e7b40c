/**
 * Builds miniprogram_dist/ and types/ of the kit and of its message centre: the TypeScript by tsc, then shortened, because
 * every mini-program that uses them carries them; all other files of src/ as they are.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { minify } from 'terser'

const TSC = path.join(import.meta.dirname, 'node_modules/typescript/bin/tsc')
const EMPTY = '"use strict";Object.defineProperty(exports,"__esModule",{value:!0});'

/** `root`: a folder with src/ and tsconfig.json. Returns whether the types are right; what they are wrong in is built, too. */
export async function build(root) {
  const target = path.join(root, 'miniprogram_dist')
  for (const made of [target, path.join(root, 'types')]) rmSync(made, { recursive: true, force: true })
  const { status } = spawnSync(process.execPath, [TSC, '--project', root], { stdio: 'inherit' })
  cpSync(path.join(root, 'src'), target, { recursive: true, filter: (file) => !file.endsWith('.ts') })
  const scripts = readdirSync(target, { recursive: true }).filter((file) => file.endsWith('.js'))
  for (const script of scripts) await shorten(path.join(target, script))
  return status === 0
}

async function shorten(file) {
  const { code } = await minify(readFileSync(file, 'utf8'), { ecma: 2015, toplevel: true, compress: { passes: 3 } })
  if (code === EMPTY) rmSync(file)
  else writeFileSync(file, code)
}

/** The message centre is checked against the types of the kit, which come first. */
const PACKAGES = [import.meta.dirname, path.join(import.meta.dirname, 'centre')]

if (process.argv[1] === import.meta.filename) {
  for (const root of PACKAGES) if (!(await build(root))) process.exit(1)
}
