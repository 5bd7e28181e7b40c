import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { checkTypes, KIT, Packed, shape } from './support/pack.mjs'

const CENTRE = path.join(KIT, 'centre')
const MOST = 10_500 // bytes
const read = (...parts) => readFileSync(path.join(CENTRE, ...parts), 'utf8')
const README = ['README.md', 'README.zh-CN.md'].map((name) => [name, read(name)])

let centre
before(() => { centre = new Packed(CENTRE) })
after(() => centre.remove())

test('the package is small', () => {
  assert.ok(centre.size <= MOST, `${centre.size} bytes`)
})

test('it has what a mini-program needs, and its types beside that', () => {
  const component = (name) => ['index.js', 'index.json', 'index.wxml', 'index.wxss'].map((file) => `components/${name}/${file}`)
  assert.deepEqual(centre.files, [
    'CHANGELOG.md', 'README.md', 'README.zh-CN.md',
    ...[...component('push-bind'), ...component('push-inbox'), 'entry.js', 'index.js', 'words.js'].map((name) => `miniprogram_dist/${name}`),
    'package.json', 'types/api.d.ts',
  ])
})

test('its scripts are ES2015, and require nothing but each other and the kit', () => {
  const others = centre.requirements().filter(([file, name]) => !centre.has(file, name)).map(([, name]) => name)
  assert.deepEqual([...new Set(others)].sort(), ['minipush', 'minipush/session'])
})

test('it goes with the kit of its own version', () => {
  const { version } = JSON.parse(readFileSync(path.join(KIT, 'package.json'), 'utf8'))
  const described = JSON.parse(read('package.json'))
  assert.deepEqual([described.version, described.peerDependencies, described.dependencies], [version, { minipush: version }, undefined])
})

test('App.onShow costs no more than its own script', () => {
  assert.ok(centre.read('miniprogram_dist/entry.js').length < 400)
  assert.doesNotMatch(centre.read('miniprogram_dist/entry.js'), /require/)
})

const USE = `
import { bind, inbox, settings } from './package/types/api'
inbox({ unread: true }).then(({ items }) => { const text: string | undefined = items[0]!.body })
bind({ appid: 'wx1', openid: 'o', level: 'weak' }).then(({ extra_data }) => { const answer: Record<string, unknown> = extra_data })
settings().then(({ unread }) => { const count: number = unread })
`

test('its types say what the package does', () => {
  writeFileSync(path.join(centre.folder, 'use.ts'), USE)
  checkTypes(centre.folder)
  writeFileSync(path.join(centre.folder, 'use.ts'), `import { bind } from './package/types/api'\nbind({ appid: 'wx1', level: 'loud' })`)
  assert.throws(() => checkTypes(centre.folder))
})

test('it offers the functions that its types promise', () => {
  const promised = [...read('src/api.ts').matchAll(/^export declare function (\w+)/gm)].map(([, name]) => name)
  const offered = [...read('src/index.ts').matchAll(/^export const (\w+): typeof api\.(\w+)/gm)].map(([, name]) => name)
  assert.equal(promised.length, 20)
  assert.deepEqual(offered.sort(), promised.sort())
})

test('both READMEs name every function, property and event', () => {
  const functions = [...read('src/index.ts').matchAll(/^export const (\w+)/gm)].map(([, name]) => name)
  const events = [...read('src/components/push-inbox/index.ts').matchAll(/triggerEvent\('(\w+)'/g)].map(([, name]) => name)
  for (const [name, text] of README) {
    for (const word of [...functions, ...events, 'appid', 'entered']) assert.match(text, new RegExp(`\`${word}\\b`), `${name}: ${word}`)
  }
})

test('both READMEs have the same tables and examples', () => {
  const [english, chinese] = README.map(([, text]) => shape(text))
  assert.deepEqual(chinese, english)
})

test('no rule of its styles uses a selector that components may not', () => {
  for (const name of ['push-inbox', 'push-bind']) {
    const style = read(`src/components/${name}/index.wxss`)
    const selectors = [...style.matchAll(/^([^\s{}][^{]*)\{/gm)].flatMap(([, group]) => group.split(',').map((each) => each.trim()))
    assert.deepEqual(selectors.filter((each) => !/^\.[\w-]+$/.test(each)), [], name)
  }
})
