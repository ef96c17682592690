//! Whether an element of an XML document is signed (XML Signature Syntax and Processing, section 3.2), as SAML profiles it (SAML Core,
//! section 5.4): one enveloped signature, one reference, to the element that holds it. Canonical forms are `bergshamra-c14n`'s, the
//! cryptography is ring's; nothing that the signature itself says about its key is believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use ring::digest;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use uppsala::{Document, NodeId};
use webpki::EndEntityCert;

pub(super) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Whether one of the certificates' keys signed the element, all of it.
pub(super) fn is_signed(document: &Document<'_>, element: NodeId, certificates: &[Vec<u8>]) -> bool {
    let [signature] = document.child_elements_by_name_ns(element, DSIG, "Signature")[..] else { return false };
    let signed = Signed { document, element, signature };
    signed.covers_its_element() == Some(true)
        && certificates.iter().any(|certificate| signed.is_made_with(certificate) == Some(true))
}

/// The bytes of a base64 text, whatever its line breaks.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

struct Signed<'a, 'd> {
    document: &'a Document<'d>,
    element: NodeId,
    signature: NodeId,
}

impl Signed<'_, '_> {
    fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        match self.document.child_elements_by_name_ns(parent, DSIG, name)[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    fn algorithm(&self, parent: NodeId, name: &str) -> Option<&str> {
        self.document.get_attribute(self.child(parent, name)?, "Algorithm")
    }

    /// Whether the one reference is to the element, and the digest is that of what the element says.
    fn covers_its_element(&self) -> Option<bool> {
        let document = self.document;
        let reference = self.child(self.child(self.signature, "SignedInfo")?, "Reference")?;
        let id = document.get_attribute(self.element, "ID")?;
        let named = document.get_attribute(reference, "URI")?.strip_prefix('#')?;
        // Were there two of one name, somebody else could read the other one.
        let all = document.descendants(document.root());
        let same = all.iter().filter(|node| document.get_attribute(**node, "ID") == Some(id)).count();
        if named != id || same != 1 {
            return Some(false);
        }
        let (mut mode, mut prefixes) = (C14nMode::Inclusive, Vec::new());
        let transforms = self.child(reference, "Transforms")?;
        for transform in document.child_elements_by_name_ns(transforms, DSIG, "Transform") {
            match document.get_attribute(transform, "Algorithm")? {
                ENVELOPED => {}
                // Anything else could hide part of the element from the digest.
                other => (mode, prefixes) = (C14nMode::from_uri(other)?, self.prefixes(transform)),
            }
        }
        let mut nodes = NodeSet::tree_without_comments(self.element, document);
        nodes.remove_id(self.signature);
        document.descendants(self.signature).into_iter().for_each(|node| nodes.remove_id(node));
        let canonical = canonicalize_doc(document, mode, Some(&nodes), &prefixes).ok()?;
        let digest = digest::digest(digest_algorithm(self.algorithm(reference, "DigestMethod")?)?, &canonical);
        let told = decoded(&document.text_content_deep(self.child(reference, "DigestValue")?))?;
        Some(told == digest.as_ref())
    }

    /// What `InclusiveNamespaces` names (Exclusive XML Canonicalization, section 3).
    fn prefixes(&self, method: NodeId) -> Vec<String> {
        let found = self.document.first_child_element_by_name_ns(method, EXCLUSIVE, "InclusiveNamespaces");
        let list = found.and_then(|found| self.document.get_attribute(found, "PrefixList"));
        list.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// Whether the key of a certificate made the signature over what is signed.
    fn is_made_with(&self, certificate: &[u8]) -> Option<bool> {
        let information = self.child(self.signature, "SignedInfo")?;
        let method = self.child(information, "CanonicalizationMethod")?;
        let mode = C14nMode::from_uri(self.document.get_attribute(method, "Algorithm")?)?;
        let nodes = NodeSet::tree_without_comments(information, self.document);
        let canonical = canonicalize_doc(self.document, mode, Some(&nodes), &self.prefixes(method)).ok()?;
        let value = decoded(&self.document.text_content_deep(self.child(self.signature, "SignatureValue")?))?;
        let algorithm = signature_algorithm(self.algorithm(information, "SignatureMethod")?)?;
        let certificate = CertificateDer::from(certificate);
        let certificate = EndEntityCert::try_from(&certificate).ok()?;
        Some(certificate.verify_signature(algorithm, &canonical, &value).is_ok())
    }
}

/// RFC 9231, sections 2.1 and 2.3. SHA-1 is no signature any more.
fn digest_algorithm(name: &str) -> Option<&'static digest::Algorithm> {
    Some(match name {
        "http://www.w3.org/2001/04/xmlenc#sha256" => &digest::SHA256,
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => &digest::SHA384,
        "http://www.w3.org/2001/04/xmlenc#sha512" => &digest::SHA512,
        _ => return None,
    })
}

fn signature_algorithm(name: &str) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    Some(match name {
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => webpki::ring::RSA_PKCS1_2048_8192_SHA384,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => webpki::ring::RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}
