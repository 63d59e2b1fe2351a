import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { checkEndpointUrl } from "./check-endpoint-url.ts";

const hostile: readonly string[] = [
  "http://hooks.example.com/",
  "http://93.184.215.14/",
  "ftp://hooks.example.com/",
  "file:///etc/passwd",
  "gopher://hooks.example.com/",
  "javascript:alert(1)",
  "https://user:password@hooks.example.com/",
  "https://user@hooks.example.com/",
  "https://:secret@hooks.example.com/",
  "https://93.184.215.14@127.0.0.1/",
  "https://hooks.example.com:0/",
  "https://hooks.example.com:99999/",
  "https://",
  "https:///",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://localhost:8443/",
  "https://app.localhost/",
  "https://intranet/",
  "https://127.0.0.1/",
  "https://127.0.0.1./",
  "https://127.1/",
  "https://127.0.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.0.0.1/",
  "https://0177.0.0.1/",
  "https://017700000001/",
  "https://①②⑦.0.0.1/",
  "https://127。0。0。1/",
  "https://%31%32%37.0.0.1/",
  "https://0/",
  "https://0.0.0.0/",
  "https://10.1.2.3/",
  "https://172.16.0.1/",
  "https://192.168.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://0xa9fea9fe/",
  "https://100.64.1.1/",
  "https://[::1]/",
  "https://[::]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[fd00::1]/",
  "https://[fe80::1]/",
  "https://[fe80::1%25eth0]/",
  "https://[ff02::1]/",
];

describe("URLs of endpoints", () => {
  test.each(hostile)("%s is refused", (url) => {
    expect(checkEndpointUrl(url, false)).toEqual(expect.any(String));
  });

  test.each([
    "https://hooks.example.com/",
    "https://hooks.example.com:8443/evergate?tenant=1",
    "https://93.184.215.14/",
    "https://[2606:4700:4700::1111]/",
    "https://xn--bcher-kva.example/hooks",
  ])("%s is allowed", (url) => {
    expect(checkEndpointUrl(url, false)).toBeUndefined();
  });

  test("a refusal quotes no password", () => {
    expect(checkEndpointUrl("https://user:hunter2@hooks.example.com/", false)).not.toContain(
      "hunter2",
    );
  });

  test.each([
    "http://127.0.0.1:3000/",
    "http://localhost:3000/",
    "https://intranet/",
    "http://[::1]:3000/",
    "http://10.0.0.1/",
  ])("%s is allowed where private addresses are", (url) => {
    expect(checkEndpointUrl(url, true)).toBeUndefined();
  });

  test.each(["ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://93.184.215.14/", "nonsense"])(
    "%s is refused even there",
    (url) => {
      expect(checkEndpointUrl(url, true)).toEqual(expect.any(String));
    },
  );

  test("a list allows its own addresses only", () => {
    const list = new BlockList();
    list.addSubnet("10.0.0.0", 8, "ipv4");
    expect(checkEndpointUrl("http://10.0.0.1/", list)).toBeUndefined();
    expect(checkEndpointUrl("http://127.0.0.1/", list)).toEqual(expect.any(String));
    // What a name leads to is judged at each connection.
    expect(checkEndpointUrl("http://crm.internal/", list)).toBeUndefined();
  });
});
