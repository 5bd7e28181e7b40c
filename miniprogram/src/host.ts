/** `wx`, as far as the kit uses it. */

/** What the kit needs of a mini-program container: `wx`, or a test's own. Everything optional is missing somewhere. */
export interface Host {
  request(option: RequestOption): unknown
  login(option: { timeout: number; success(result: { code: string }): void; fail(failure: Failure): void }): unknown
  getStorageSync(key: string): unknown
  setStorageSync(key: string, value: unknown): void
  requestSubscribeMessage?(option: PopupOption): unknown
  getAccountInfoSync?(): { miniProgram: { envVersion?: string } }
  getAppBaseInfo?(): { SDKVersion: string }
  getSystemInfoSync?(): { SDKVersion: string }
  onAppShow?(listener: () => void): void
  onAppHide?(listener: () => void): void
  onNetworkStatusChange?(listener: (status: { isConnected: boolean }) => void): void
}

export interface RequestOption {
  url: string
  /** wx.request knows no PATCH. */
  method?: 'OPTIONS' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'TRACE' | 'CONNECT'
  data?: string | object | ArrayBuffer
  header?: Record<string, string>
  /** In milliseconds. */
  timeout?: number
  success?(reply: Reply): void
  fail?(failure: Failure): void
  complete?(result: unknown): void
}

/** What wx.request hands to `success`, whatever the status is. */
export interface Reply {
  statusCode: number
  data: unknown
  header?: Record<string, unknown>
}

export interface PopupOption {
  tmplIds: string[]
  success(result: Record<string, unknown>): void
  fail(failure: Failure): void
}

/** What `fail` gets, and what promises reject with: as WeChat has it, or with the status and body of minipush's answer. */
export interface Failure {
  errMsg: string
  errCode?: number
  statusCode?: number
  data?: unknown
  /** In seconds. */
  retryAfter?: number
}
