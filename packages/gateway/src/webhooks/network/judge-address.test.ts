import { BlockList, isIPv4 } from "node:net";
import { describe, expect, test } from "vitest";
import { judgeAddress } from "./judge-address.ts";

const notPublic: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback, the far end"],
  ["0.0.0.0", "this host"],
  ["0.1.2.3", "this network"],
  ["10.0.0.1", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.1.1", "private"],
  ["169.254.169.254", "the metadata of most clouds"],
  ["169.254.170.2", "the metadata of containers"],
  ["100.100.100.200", "the metadata of Alibaba Cloud, in shared space"],
  ["100.64.0.1", "shared space of carriers"],
  ["100.127.255.255", "shared space of carriers"],
  ["168.63.129.16", "the inside of Azure"],
  ["192.0.0.192", "the metadata of Oracle Cloud, in protocol assignments"],
  ["192.0.2.1", "documentation"],
  ["192.88.99.1", "relays of 6to4"],
  ["198.18.0.1", "benchmarks"],
  ["198.51.100.1", "documentation"],
  ["203.0.113.1", "documentation"],
  ["224.0.0.1", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.255", "broadcast"],
  ["::1", "loopback"],
  ["::", "unspecified"],
  ["::7f00:1", "IPv4-compatible loopback"],
  ["::93.184.215.14", "IPv4-compatible, as sockets write it"],
  ["::ffff:127.0.0.1", "mapped loopback"],
  ["::ffff:a9fe:a9fe", "mapped metadata"],
  ["::ffff:0:127.0.0.1", "translated loopback"],
  ["0:0:0:0:0:ffff:0a00:0001", "mapped private, in full"],
  ["64:ff9b::127.0.0.1", "loopback through NAT64"],
  ["64:ff9b::a9fe:a9fe", "metadata through NAT64"],
  ["64:ff9b:1::1", "local NAT64"],
  ["64:ff9b:1::5db8:d70e", "public through local NAT64"],
  ["2002:7f00:1::", "loopback through 6to4"],
  ["2002:5db8:d70e::1", "public through 6to4"],
  ["2001:0:5db8:d70e::80ff:fffe", "loopback through Teredo"],
  ["2a00:1450::5efe:7f00:1", "loopback through ISATAP"],
  ["2a00:1450::200:5efe:a9fe:a9fe", "metadata through ISATAP"],
  ["fd00::1", "unique local"],
  ["fd00:ec2::254", "the metadata of AWS"],
  ["fc00::1", "unique local"],
  ["fe80::1", "link-local"],
  ["fe80::1%eth0", "link-local with a zone"],
  ["fec0::1", "site-local"],
  ["ff02::1", "multicast"],
  ["100::1", "discard"],
  ["2001:db8::1", "documentation"],
  ["3fff::1", "documentation"],
  ["2001:2::1", "benchmarks"],
  ["4000::1", "never given out"],
  ["", "nothing"],
  ["hooks.example.com", "no address"],
  ["127.1", "no address in the form of sockets"],
];

function listOf(...ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}

describe("judging addresses", () => {
  test.each(notPublic)("%s is refused (%s)", (address) => {
    expect(judgeAddress(address, false)).toBe("refused");
  });

  test.each([
    "93.184.215.14",
    "1.1.1.1",
    "100.63.255.255",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",
    "2a00:1450::5efe:5db8:d70e",
  ])("%s is public, whatever is allowed", (address) => {
    expect(judgeAddress(address, false)).toBe("public");
    expect(judgeAddress(address, true)).toBe("public");
    expect(judgeAddress(address, new BlockList())).toBe("public");
  });

  test("private addresses may be allowed, all or those of a list, also behind a mapping", () => {
    const list = new BlockList();
    list.addSubnet("10.1.0.0", 16, "ipv4");
    list.addSubnet("fd12::", 16, "ipv6");
    for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd12::7"]) {
      expect(judgeAddress(address, true)).toBe("private");
      expect(judgeAddress(address, list)).toBe("private");
    }
    for (const address of [
      "10.2.0.1",
      "127.0.0.1",
      "::1",
      "fd13::1",
      "2002:a01:203::",
      "169.254.169.254",
    ])
      expect(judgeAddress(address, list)).toBe("refused");
  });

  test.each([
    ["::1/128", "::1"],
    ["64:ff9b:1::/48", "64:ff9b:1::5db8:d70e"],
    ["64:ff9b:1::/48", "64:ff9b:1:5db8:d7:e00::"],
    ["64:ff9b:1::/48", "64:ff9b:1:5d:b8:d70e::"],
    ["64:ff9b:1::/48", "64:ff9b:1:0:5d:b8d7:e00:0"],
    ["2002::/16", "2002:5db8:d70e::1"],
  ])("where %s is allowed, %s is", (range, address) => {
    expect(judgeAddress(address, listOf(range))).toBe("private");
  });

  test.each([
    ["64:ff9b:1::/48", "64:ff9b:1::10.0.0.1"],
    ["64:ff9b:1::/48", "64:ff9b:1:a00:0:100::"],
    ["64:ff9b:1::/48", "64:ff9b:1:a:0:1::"],
    ["64:ff9b:1::/48", "64:ff9b:1:0:a:0:100:0"],
    ["2002::/16", "2002:a00:1::1"],
    ["2001::/16", "2001:0:5db8:d70e::f5ff:fffe"],
    ["::/96", "::7f00:1"],
  ])("where %s is allowed, %s is not, because of the address within", (range, address) => {
    expect(judgeAddress(address, listOf(range))).toBe("refused");
  });

  test("the metadata of clouds is refused whatever is allowed", () => {
    for (const address of [
      "169.254.169.254",
      "::ffff:169.254.169.254",
      "64:ff9b::a9fe:a9fe",
      "2002:a9fe:a9fe::1",
      "168.63.129.16",
      "100.100.100.200",
      "fd00:ec2::254",
      "fd00:0ec2:0::0254",
    ]) {
      expect(judgeAddress(address, true)).toBe("refused");
      expect(judgeAddress(address, listOf("0.0.0.0/0", "::/0"))).toBe("refused");
    }
  });

  test("what is no address is refused even where all are allowed", () => {
    expect(judgeAddress("", true)).toBe("refused");
    expect(judgeAddress("hooks.example.com", true)).toBe("refused");
  });
});
