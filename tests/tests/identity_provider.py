"""An identity provider in a few lines, for tests: signs SAML responses and ID tokens with keys of its own.

Reads one JSON object from standard input and writes one to standard output. Keys live no longer than this process, so nothing of it
is worth stealing. SAML signatures are made by signxml, which nobody here wrote.
"""

import base64
import datetime
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"


def moment(seconds):
    stamp = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return stamp.strftime("%Y-%m-%dT%H:%M:%SZ")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    def __init__(self, issuer, now):
        self.issuer, self.now = issuer, now
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an identity provider of a test")])
        begin = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )

    def metadata(self):
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return (
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s">'
            '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
            "<ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="%s/sso"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        ) % (self.issuer, base64.b64encode(der).decode(), self.issuer)

    def response(self, wish):
        """A response; `sign` is `assertion` (the default), `response` or `nothing`."""
        from lxml import etree
        from signxml import SignatureConstructionMethod, XMLSigner

        begin = wish.get("at", self.now)
        until = moment(begin + 300)
        attributes = "".join(
            '<saml:Attribute Name="%s%s"><saml:AttributeValue>%s</saml:AttributeValue></saml:Attribute>'
            % (ATTRIBUTES, name, value)
            for name, value in wish["attributes"].items()
        )
        text = (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
            ' ID="r1" Version="2.0" IssueInstant="{begin}" Destination="{recipient}"><saml:Issuer>{issuer}</saml:Issuer>'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>'
            '<saml:Assertion ID="a1" Version="2.0" IssueInstant="{begin}"><saml:Issuer>{issuer}</saml:Issuer>'
            '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData'
            ' NotOnOrAfter="{until}" Recipient="{recipient}"/></saml:SubjectConfirmation></saml:Subject>'
            '<saml:Conditions NotBefore="{before}" NotOnOrAfter="{until}"><saml:AudienceRestriction>'
            "<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
            "<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion></samlp:Response>"
        ).format(
            begin=moment(begin),
            before=moment(begin - wish.get("before", 60)),
            until=until,
            issuer=wish.get("issuer", self.issuer),
            recipient=wish["recipient"],
            audience=wish.get("audience", wish["recipient"]),
            status=wish.get("status", "Success"),
            subject=wish["subject"],
            attributes=attributes,
        )
        root = etree.fromstring(text)
        sign = wish.get("sign", "assertion")
        if sign != "nothing":
            certificate = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
            key = self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            signer = XMLSigner(
                method=SignatureConstructionMethod.enveloped,
                signature_algorithm="rsa-sha256",
                digest_algorithm="sha256",
                c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
            )
            target = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion") if sign == "assertion" else root
            signed = signer.sign(target, key=key, cert=certificate, reference_uri="#" + target.get("ID"), id_attribute="ID")
            if sign == "assertion":
                root.replace(target, signed)
            else:
                root = signed
        return base64.b64encode(etree.tostring(root)).decode()

    def keys(self):
        numbers = self.key.public_key().public_numbers()
        whole = lambda number: encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        return [{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": whole(numbers.n), "e": whole(numbers.e)}]

    def token(self, claims):
        claims = {"iss": self.issuer, "iat": self.now, "exp": self.now + 300, **claims}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "k1"}, claims))
        return signed + "." + encoded(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))


def main():
    wish = json.load(sys.stdin)
    provider = Provider(wish["issuer"], wish["now"])
    json.dump(
        {
            "metadata": provider.metadata(),
            "responses": {name: provider.response(each) for name, each in wish.get("responses", {}).items()},
            "keys": provider.keys(),
            "tokens": {name: provider.token(each) for name, each in wish.get("tokens", {}).items()},
        },
        sys.stdout,
        indent=1,
    )


main()
