/** Loads a mini-program's own files, as WeChat's tools do: WXML, JSON, CommonJS, and npm packages as they were built. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { runInThisContext } from 'node:vm'
import { TmplGroup } from 'glass-easel-template-compiler'

/** A template that the engine runs. Throws where the compiler has anything to say. */
export function compile(source, name = 'inline') {
  const group = new TmplGroup()
  const problems = group.addTmpl('', source) || []
  if (problems.length) throw new Error(`${name}: ${problems.map((each) => JSON.stringify(each)).join('; ')}`)
  const groupList = new Function(`return ${group.getTmplGenObjectGroups()}`)()
  group.free()
  return { groupList, content: groupList[''] }
}

/** The modules of one running program. Two phones share none. */
export class Modules {
  #loaded = new Map()

  /** `packages`: the folder of each npm package. `globals`: what its scripts find without declaring it. */
  constructor(root, packages, globals) {
    Object.assign(this, { root, packages, globals })
  }

  resolve(from, name) {
    if (name.startsWith('/')) return path.join(this.root, name)
    const [first, ...rest] = name.split('/')
    if (Object.hasOwn(this.packages, first)) return path.join(this.packages[first], ...(rest.length ? rest : ['index']))
    return path.resolve(path.dirname(from), name)
  }

  run(file, extra = {}) {
    const at = existsSync(`${file}.js`) ? `${file}.js` : file
    if (this.#loaded.has(at)) return this.#loaded.get(at).exports
    const module = { exports: {} }
    this.#loaded.set(at, module)
    const given = { require: (name) => this.run(this.resolve(at, name)), module, exports: module.exports, ...this.globals, ...extra }
    // In another context, `Boolean` would be another one, and no property of a component would be legal.
    const script = runInThisContext(`(function (${Object.keys(given)}) {${readFileSync(at, 'utf8')}\n})`, { filename: at })
    script(...Object.values(given))
    return module.exports
  }
}
