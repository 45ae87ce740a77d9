"""The WSDL of ITI-74, made here: no standard one was published."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from csd.names import CSD
from csd.updates import REQUEST_ACTION, RESPONSE_ACTION

_TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="ServicesDirectory" targetNamespace="{csd}"
    xmlns:csd="{csd}"
    xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <wsdl:documentation>IHE CSD, Query for Updated Services (ITI-74): SOAP 1.2, document literal, WS-Addressing.
  </wsdl:documentation>
  <wsdl:types>
    <xs:schema targetNamespace="{csd}" elementFormDefault="qualified">
      <xs:include schemaLocation={schema}/>
      <xs:element name="getModificationsRequest">
        <xs:complexType>
          <xs:sequence><xs:element name="lastModified" type="xs:dateTime"/></xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="getModificationsResponse">
        <xs:complexType>
          <xs:sequence><xs:element ref="csd:CSD"/></xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="GetDirectoryModificationsRequest">
    <wsdl:part name="body" element="csd:getModificationsRequest"/>
  </wsdl:message>
  <wsdl:message name="GetDirectoryModificationsResponse">
    <wsdl:part name="body" element="csd:getModificationsResponse"/>
  </wsdl:message>
  <wsdl:portType name="ServicesDirectoryPortType">
    <wsdl:operation name="GetDirectoryModifications">
      <wsdl:input message="csd:GetDirectoryModificationsRequest" wsaw:Action="{request}"/>
      <wsdl:output message="csd:GetDirectoryModificationsResponse" wsaw:Action="{response}"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="ServicesDirectoryBinding" type="csd:ServicesDirectoryPortType">
    <soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsaw:UsingAddressing wsdl:required="false"/>
    <wsdl:operation name="GetDirectoryModifications">
      <soap12:operation soapAction="{request}"/>
      <wsdl:input><soap12:body use="literal"/></wsdl:input>
      <wsdl:output><soap12:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="ServicesDirectory">
    <wsdl:port name="ServicesDirectoryPort" binding="csd:ServicesDirectoryBinding">
      <soap12:address location={address}/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""


def wsdl(address: str, schema: str) -> str:
    """Return the WSDL of a service at an address, whose types are those of the CSD schema at another."""
    return _TEMPLATE.format(
        csd=CSD,
        address=quoteattr(address),
        schema=quoteattr(schema),
        request=REQUEST_ACTION,
        response=RESPONSE_ACTION,
    )
