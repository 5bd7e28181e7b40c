// Unpacks the browser of @sparticuz/chromium, which its package has compressed, without running code of the package.
// Usage: node unpack.mjs <node_modules> <folder>
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

const [modules, folder] = process.argv.slice(2)
const packed = join(modules, '@sparticuz', 'chromium', 'bin')
mkdirSync(folder, { recursive: true })
for (const name of ['chromium', 'al2023.tar', 'fonts.tar']) {
  const target = join(folder, name)
  writeFileSync(target, brotliDecompressSync(readFileSync(join(packed, `${name}.br`))))
  if (name.endsWith('.tar')) {
    execFileSync('tar', ['-xf', target, '-C', folder])
    rmSync(target)
  } else chmodSync(target, 0o755)
}
// The package's own file names folders of Lambda. Without a font, text has no size.
const [fonts, cache] = ['fonts', 'fonts-cache'].map((name) => resolve(folder, name))
writeFileSync(join(folder, 'fonts.conf'), `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>${fonts}</dir><cachedir>${cache}</cachedir></fontconfig>
`)
