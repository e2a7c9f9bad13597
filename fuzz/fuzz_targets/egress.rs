//! Any request against any rule, and any address: what is allowed is what a URL parser would send to
//! the host of the rule, and no special address is one of the internet.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use stepwell_egress::{Host, Ranges, Request, decide, host_pattern, is_global, path_pattern};
use stepwell_event::HttpRule;

#[derive(Arbitrary, Debug)]
struct Asked<'a> {
    tls: bool,
    authority: &'a str,
    method: &'a str,
    path: &'a str,
    host: &'a str,
    paths: Option<&'a str>,
    four: [u8; 4],
    six: [u8; 16],
}

fuzz_target!(|asked: Asked<'_>| {
    request(&asked);
    let four = Ipv4Addr::from(asked.four);
    address_v4(four);
    // The same address in the clothes of another.
    assert_eq!(
        is_global(four.to_ipv6_mapped().into()),
        is_global(four.into())
    );
    let six = Ipv6Addr::from(asked.six);
    if six.is_loopback() || six.is_unspecified() || six.is_multicast() {
        assert!(!is_global(six.into()), "{six}");
    }
    if six.is_unique_local() || six.is_unicast_link_local() {
        assert!(!is_global(six.into()), "{six}");
    }
    // What the host opens is what it wrote, and opens nothing else.
    if let Ok(ranges) = Ranges::parse([asked.host]) {
        let address = IpAddr::from(four);
        assert_eq!(
            ranges.may_connect(address),
            is_global(address) || ranges.contains(address)
        );
    }
});

fn request(asked: &Asked<'_>) {
    let Ok(request) = Request::new(asked.tls, asked.authority, asked.method, asked.path) else {
        return;
    };
    let scheme = if asked.tls { "https" } else { "http" };
    let sent = request.host();
    assert_eq!(
        Host::parse(&sent.to_string()).as_ref(),
        Ok(sent),
        "one spelling"
    );
    // Where the same text would go by the rules of browsers.
    if let Ok(url) = url::Url::parse(&format!("{scheme}://{}{}", asked.authority, asked.path)) {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_matches(['[', ']']);
        let host = host.strip_suffix('.').unwrap_or(host);
        let same = match host.parse::<IpAddr>() {
            Ok(address) => *sent == Host::Address(address.to_canonical()),
            Err(_) => sent.to_string() == host,
        };
        assert!(same, "{sent:?} is not {host:?}");
        assert_eq!(url.port_or_known_default(), Some(request.port()));
    }
    let Ok(host) = host_pattern(asked.host) else {
        return;
    };
    let paths = asked.paths.map(path_pattern);
    let Ok(paths) = paths.into_iter().collect::<Result<Vec<_>, _>>() else {
        return;
    };
    let rules = [HttpRule {
        tls: asked.tls,
        host,
        port: request.port(),
        methods: Vec::new(),
        paths,
        headers: Vec::new(),
    }];
    if let Ok(rule) = decide(&rules, &request) {
        let sent = sent.to_string();
        let fits = match rule.host.strip_prefix('*') {
            Some(end) => sent.len() > end.len() && sent.ends_with(end),
            None => sent == rule.host,
        };
        assert!(fits, "{sent} by {}", rule.host);
    }
}

/// A second opinion, by the standard library and the registry of special addresses.
fn address_v4(address: Ipv4Addr) {
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || address.octets()[0] == 0
        || address.octets()[0] >= 240
        || (address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64)
        || (address.octets()[0] == 198 && address.octets()[1] & 0xfe == 18);
    if special {
        assert!(!is_global(address.into()), "{address}");
    }
}
