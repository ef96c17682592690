//! A JSON Web Token (RFC 7519) in the compact form of a JSON Web Signature (RFC 7515). The cryptography is ring's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

/// A token; nothing of it is believed before [`Token::is_signed_by`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    algorithm: String,
    key: Option<String>,
    claims: Value,
    /// What the signature is over.
    signed: String,
    signature: Vec<u8>,
}

/// How a token may be signed: never `none`, never with a secret that the verifier shares.
enum Algorithm {
    Rsa(&'static RsaParameters),
    EllipticCurve(&'static EcdsaVerificationAlgorithm),
}

impl Token {
    /// Takes a token apart.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let (header, claims) = (json(header)?, json(claims)?);
        Some(Self {
            algorithm: header.get("alg")?.as_str()?.to_owned(),
            key: header.get("kid").and_then(Value::as_str).map(str::to_owned),
            claims: Some(claims).filter(Value::is_object)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// What it claims under a name.
    pub(crate) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name).filter(|value| !value.is_null())
    }

    /// The same, of texts.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }

    /// Whether one of these JSON Web Keys (RFC 7517) made its signature: the one that it names, if it names one.
    pub(crate) fn is_signed_by(&self, keys: &[Value]) -> bool {
        let Some(algorithm) = self.algorithm() else { return false };
        let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        keys.iter()
            .filter(|key| self.key.is_none() || text(key, "kid") == self.key)
            .filter(|key| text(key, "use").is_none_or(|purpose| purpose == "sig"))
            .any(|key| self.verify(&algorithm, key).unwrap_or(false))
    }

    fn algorithm(&self) -> Option<Algorithm> {
        Some(match self.algorithm.as_str() {
            "RS256" => Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Algorithm::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            "ES256" => Algorithm::EllipticCurve(&ECDSA_P256_SHA256_FIXED),
            "ES384" => Algorithm::EllipticCurve(&ECDSA_P384_SHA384_FIXED),
            _ => return None,
        })
    }

    fn verify(&self, algorithm: &Algorithm, key: &Value) -> Option<bool> {
        let number = |name: &str| URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?).ok();
        let (message, signature) = (self.signed.as_bytes(), &self.signature);
        Some(match (algorithm, key.get("kty")?.as_str()?) {
            (Algorithm::Rsa(parameters), "RSA") => {
                let (n, e) = (number("n")?, number("e")?);
                RsaPublicKeyComponents { n: trimmed(&n), e: trimmed(&e) }.verify(parameters, message, signature).is_ok()
            }
            (Algorithm::EllipticCurve(algorithm), "EC") => {
                // The uncompressed form of a point (SEC 1, section 2.3.3).
                let point = [vec![4], number("x")?, number("y")?].concat();
                UnparsedPublicKey::new(*algorithm, point).verify(message, signature).is_ok()
            }
            _ => false,
        })
    }
}

/// Without leading zeros, which ring does not take.
fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 7515, appendix A.2.
    const RFC: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn rfc_key() -> Value {
        json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})
    }

    #[test]
    fn the_example_of_the_standard_is_verified_and_nothing_else_is() {
        let token = Token::parse(RFC).unwrap();
        assert_eq!(token.text("iss"), Some("joe"));
        assert!(token.is_signed_by(&[rfc_key()]));
        assert!(!token.is_signed_by(&[]));
        let mut other = token.clone();
        other.signed.push('x');
        assert!(!other.is_signed_by(&[rfc_key()]));
        let named = Token { key: Some("another".to_owned()), ..token.clone() };
        assert!(!named.is_signed_by(&[rfc_key()]), "it names a key that is not there");
        for algorithm in ["none", "HS256", "RS512"] {
            let other = Token { algorithm: algorithm.to_owned(), ..token.clone() };
            assert!(!other.is_signed_by(&[rfc_key()]), "{algorithm}");
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "a.b", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.W10.AAAA", "not a token at all"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
