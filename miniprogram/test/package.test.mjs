import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { compile } from '../phone/code.mjs'
import { checkTypes, KIT, Packed, shape } from './support/pack.mjs'

const MOST = 8000 // bytes
const read = (...parts) => readFileSync(path.join(KIT, ...parts), 'utf8')
const README = ['README.md', 'README.zh-CN.md'].map((name) => [name, read(name)])

let kit
before(() => { kit = new Packed(KIT) })
after(() => kit.remove())

test('the package is small', () => {
  assert.ok(kit.size <= MOST, `${kit.size} bytes`)
})

test('it has what a mini-program needs, and its types beside that', () => {
  assert.deepEqual(kit.files, [
    'CHANGELOG.md', 'README.md', 'README.zh-CN.md',
    ...['asking.js', ...['index.js', 'index.json', 'index.wxml', 'index.wxss'].map((name) => `components/push-button/${name}`), 'index.js', 'outbox.js', 'session.js']
      .map((name) => `miniprogram_dist/${name}`),
    'package.json', 'types/api.d.ts',
  ])
})

test('it depends on nothing', () => {
  const described = JSON.parse(read('package.json'))
  assert.equal(described.miniprogram, 'miniprogram_dist')
  assert.equal(described.dependencies, undefined)
  assert.equal(described.peerDependenciesMeta['miniprogram-api-typings'].optional, true)
  for (const field of ['main', 'types']) assert.ok(kit.files.includes(described[field]), field)
})

test('its scripts are ES2015, and require each other alone', () => {
  for (const [file, name] of kit.requirements()) assert.ok(kit.has(file, name), `${file} requires ${name}`)
})

const USE = `
import { minipush, setup } from './package/types/api'
const push = setup({ baseUrl: { develop: 'http://d', trial: 'https://t', release: 'https://r' }, threshold: 3 })
const end: () => void = push.on('dropped', ({ reason, count }) => { const text: string = reason + count })
push.ask(['S1']).then((answers) => { const answer: string | undefined = answers.S1 })
push.change({ quiet_hours: null }).then(({ opt_out }) => { const isOut: boolean = opt_out })
push.request({ url: '/me', success: ({ statusCode }) => { const status: number = statusCode } })
const pending: number = minipush()!.pending + push.dropped.mock
`

test('its types say what the package does', () => {
  const typings = path.join(KIT, 'node_modules/miniprogram-api-typings/index.d.ts')
  writeFileSync(path.join(kit.folder, 'use.ts'), `/// <reference path="${typings}" />\n${USE}`)
  checkTypes(kit.folder)
  writeFileSync(path.join(kit.folder, 'use.ts'), `import { setup } from './package/types/api'\nsetup({ baseUrl: 7 })`)
  assert.throws(() => checkTypes(kit.folder))
})

for (const root of ['src', 'centre/src', 'example', 'test/fixture']) {
  const templates = readdirSync(path.join(KIT, root), { recursive: true }).filter((name) => name.endsWith('.wxml') && !name.includes('node_modules'))
  for (const name of templates) test(`the compiler has no word on ${root}/${name}`, () => void compile(read(root, name), name))
}

test('the compiler would say something', () => {
  for (const wrong of ['<form><button></form>', '<view a="1" a="2"/>', '<view>{{1 +}}</view>', '<view wx:fi="{{a}}"/>']) {
    assert.throws(() => compile(wrong), undefined, wrong)
  }
})

test('each handler that a template names exists', () => {
  const folders = ['src/components', 'centre/src/components', 'example/pages']
  const templates = folders.flatMap((root) => readdirSync(path.join(KIT, root), { recursive: true })
    .filter((name) => name.endsWith('.wxml')).map((name) => path.join(root, name)))
  assert.equal(templates.length, 10)
  for (const template of templates) {
    const script = read(template.replace('.wxml', template.startsWith('example') ? '.js' : '.ts'))
    for (const [, name] of read(template).matchAll(/\b(?:bind|catch):?\w+="(\w+)"/g)) {
      assert.match(script, new RegExp(`^ {2,4}${name}\\(`, 'm'), `${template}: ${name}`)
    }
  }
})

test('both READMEs name every property, event and method', () => {
  const button = read('src/components/push-button/index.ts')
  const properties = [...button.matchAll(/^ {4}(\w+): (?:Boolean|Array|String|\{ type)/gm)].map(([, name]) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))
  const events = [...button.matchAll(/triggerEvent\('(\w+)'/g)].map(([, name]) => name)
  const surface = read('src/api.ts').split('export interface Minipush')[1]
  const methods = [...surface.matchAll(/^ {2}(?:readonly )?(\w+)[(<:]/gm)].map(([, name]) => name)
  const happenings = [...read('src/api.ts').split('export interface Events')[1].split('}\n\n')[0].matchAll(/^ {2}(\w+): \{/gm)].map(([, name]) => name)
  assert.deepEqual([properties.length, events.length, methods.length, happenings.length], [7, 3, 12, 3])
  for (const [name, text] of README) {
    for (const word of [...properties, ...events, ...happenings]) assert.ok(text.includes(`\`${word}\``), `${name}: ${word}`)
    for (const word of methods) assert.match(text, new RegExp(`\`${word}\\b`), `${name}: ${word}`)
  }
})

test('both READMEs have the same tables and examples', () => {
  const [english, chinese] = README.map(([, text]) => shape(text))
  assert.deepEqual(chinese, english)
})

test('the lock names no registry', () => {
  const packages = Object.entries(JSON.parse(read('package-lock.json')).packages).filter(([name]) => name)
  assert.deepEqual(packages.filter(([, { resolved, integrity }]) => resolved || !integrity), [])
})

test('the example needs only an appid and an address', () => {
  assert.equal(JSON.parse(read('example/project.config.json')).appid, 'touristappid')
  assert.match(read('example/config.js'), /api: 'http:\/\/127\.0\.0\.1:3000'/)
  assert.deepEqual(JSON.parse(read('example/package.json')).dependencies, { minipush: 'file:..', 'minipush-centre': 'file:../centre' })
})
