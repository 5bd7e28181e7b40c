/** Who has opened the mini-program's page for bindings. */

/** What a third party hands over by wx.navigateToMiniProgram. Nothing of it is certain but `appid`, which is WeChat's word. */
export interface Entry {
  appid: string
  extra: { appName?: unknown; openid?: unknown; ticket?: unknown }
}

/** What App.onShow gets, as far as it matters. Some clients leave `referrerInfo` out. */
export interface Shown {
  path?: string
  scene?: number
  referrerInfo?: { appId?: string; extraData?: object }
}

const PAGE = /^\/?pages\/bind\/app$/
const CAME_BACK = 1038

let latest: Entry | null = null

/**
 * To be called in App.onShow: a page's script may be loaded later, and its onLoad knows nothing of the caller. A return
 * from the background tells of no caller, and leaves the request of the last one as it is.
 */
export function entered({ path = '', scene, referrerInfo }: Shown): void {
  if (!PAGE.test(path) || scene === CAME_BACK || !referrerInfo || !referrerInfo.appId) return
  latest = { appid: referrerInfo.appId, extra: referrerInfo.extraData || {} }
}

/** Whoever asked last, and has no answer yet. The object is another one for each request. */
export function entry(): Entry | null {
  return latest
}

export function answered(request: Entry | undefined): void {
  if (latest === request) latest = null
}
