/**
 * Builds miniprogram_dist/ and types/ of the kit and of its message centre: the TypeScript by tsc, and the other files of
 * src/. Every mini-program that uses them carries them, so they are shortened.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { minify } from 'terser'

const TSC = path.join(import.meta.dirname, 'node_modules/typescript/bin/tsc')
const SHORTENED = /\.(js|wxml|wxss)$/
/** tsc names all exports before it sets them, for modules that require each other. Here, none do. */
const DECLARED = /^exports\.[\w. =]+ = void 0;$/m
const EMPTY = '"use strict";Object.defineProperty(exports,"__esModule",{value:!0});'

/** `root`: a folder with src/ and tsconfig.json. Returns whether the types are right; what they are wrong in is built, too. */
export async function build(root) {
  const target = path.join(root, 'miniprogram_dist')
  for (const made of [target, path.join(root, 'types')]) rmSync(made, { recursive: true, force: true })
  const { status } = spawnSync(process.execPath, [TSC, '--project', root], { stdio: 'inherit' })
  cpSync(path.join(root, 'src'), target, { recursive: true, filter: (file) => !file.endsWith('.ts') })
  const files = readdirSync(target, { recursive: true }).filter((file) => SHORTENED.test(file))
  for (const file of files) await shorten(path.join(target, file))
  return status === 0
}

async function shorten(file) {
  const text = readFileSync(file, 'utf8')
  if (!file.endsWith('.js')) return writeFileSync(file, text.replace(/\n\s*/g, ''))
  const { code } = await minify(text.replace(DECLARED, ''), { ecma: 2015, toplevel: true, compress: { passes: 3 } })
  if (code === EMPTY) rmSync(file)
  else writeFileSync(file, code)
}

/** The message centre is checked against the types of the kit, which come first. */
const PACKAGES = [import.meta.dirname, path.join(import.meta.dirname, 'centre')]

if (process.argv[1] === import.meta.filename) {
  for (const root of PACKAGES) if (!(await build(root))) process.exit(1)
}
