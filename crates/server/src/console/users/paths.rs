//! The paths of pages about users and authenticators.

use crate::console::place::{TenantPlace, tenant_path};

/// A user's page.
pub(in crate::console) fn user(tenant: &str, id: &str) -> String {
    format!("{}/{id}", tenant_path(tenant, TenantPlace::Users))
}

/// An authenticator's page. A serial number may hold anything that is no control character.
pub(in crate::console) fn authenticator(tenant: &str, serial: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(serial.as_bytes()).collect();
    // In a path a plus sign is none, and a space is written out (RFC 3986, section 2.1).
    let encoded = encoded.replace('+', "%20");
    format!("/console/tenants/{tenant}/authenticators/{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_stands_in_a_path_whatever_it_holds() {
        assert_eq!(
            authenticator("BANK", "a b+c/d?e#%é"),
            "/console/tenants/BANK/authenticators/a%20b%2Bc%2Fd%3Fe%23%25%C3%A9"
        );
        assert_eq!(user("BANK", "7"), "/console/tenants/BANK/users/7");
    }
}
