/** A package as npm packs it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'acorn'

export const KIT = path.resolve(import.meta.dirname, '../..')

export class Packed {
  /** `root`: the package's folder. */
  constructor(root) {
    this.folder = mkdtempSync(path.join(tmpdir(), 'kit-'))
    const options = ['--pack-destination', this.folder, '--cache', path.join(this.folder, 'cache'), '--silent']
    execFileSync('npm', ['pack', ...options], { cwd: root })
    this.tarball = path.join(this.folder, readdirSync(this.folder).find((name) => name.endsWith('.tgz')))
    execFileSync('tar', ['xzf', this.tarball, '-C', this.folder])
    this.files = readdirSync(path.join(this.folder, 'package'), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => path.relative(path.join(this.folder, 'package'), path.join(each.parentPath, each.name)))
      .sort()
  }

  /** In bytes. */
  get size() {
    return statSync(this.tarball).size
  }

  read(file) {
    return readFileSync(path.join(this.folder, 'package', file), 'utf8')
  }

  /** What its scripts require, as [script, name]. Throws where one is no ES2015. */
  requirements() {
    return this.files.filter((file) => file.endsWith('.js')).flatMap((file) => {
      parse(this.read(file), { ecmaVersion: 2015 })
      return [...this.read(file).matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => [file, name])
    })
  }

  has(file, name) {
    return this.files.includes(path.join(path.dirname(file), `${name}.js`))
  }

  remove() {
    rmSync(this.folder, { recursive: true })
  }
}

/** The compiler's verdict on the use of a package's types: throws where it is wrong. `folder` holds the package. */
export function checkTypes(folder) {
  const tsc = path.join(KIT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '--noEmit', '--strict', '--skipLibCheck', 'use.ts'], { cwd: folder, encoding: 'utf8' })
}

/** Lines of a README that its translation must have, too. */
export function shape(text) {
  return text.split('\n')
    .map((line) => line.match(/^(#+ |\| `[^`]+`|```\w*|const .*|App.*|Page.*|"using.*)/)?.[0]).filter(Boolean)
    .map((each) => (each.startsWith('#') ? each.split(' ')[0] : each))
}
