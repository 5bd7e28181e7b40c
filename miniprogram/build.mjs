/** Builds miniprogram_dist/ and types/: the TypeScript by tsc, all other files of src/ as they are. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import path from 'node:path'

process.chdir(import.meta.dirname)
for (const made of ['miniprogram_dist', 'types']) rmSync(made, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [path.resolve('node_modules/typescript/bin/tsc')], { stdio: 'inherit' })
if (status !== 0) process.exit(1)
cpSync('src', 'miniprogram_dist', { recursive: true, filter: (file) => !file.endsWith('.ts') })
// It has types alone, and nothing requires it.
rmSync('miniprogram_dist/api.js')
// Four blanks for each level would be a tenth of the package.
for (const file of readdirSync('miniprogram_dist', { recursive: true, withFileTypes: true }).filter((each) => each.name.endsWith('.js'))) {
  const at = path.join(file.parentPath, file.name)
  writeFileSync(at, readFileSync(at, 'utf8').replace(/^( {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4)))
}
