module.exports = {
  /** Where minipush is: what `make run` prints, or the stack's output ApiUrl. */
  api: 'http://127.0.0.1:3000',
  /** Your own server, which makes orders at WeChat Pay. This one doesn't exist. */
  shop: 'https://shop.example.com',
}
