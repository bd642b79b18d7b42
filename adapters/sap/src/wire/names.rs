//! Field names, as tables: one for each kind of document. Order, quotation and simulation mean the same things by different names, and so does
//! OData V4: a V4 profile is three more tables, and the forms of dates and decimals in `wire`.

/// What a kind of sales document calls its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) service: &'static str,
    pub(crate) set: &'static str,
    pub(crate) item_set: &'static str,
    /// Key of the document, and of its items together with `item_number`.
    pub(crate) number: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) organization: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) division: &'static str,
    pub(crate) sold_to: &'static str,
    /// Holds our reference.
    pub(crate) reference: &'static str,
    /// Holds the customer's own purchase order number, when there is a second field in the header.
    pub(crate) purchase_order: Option<&'static str>,
    pub(crate) reference_type: &'static str,
    pub(crate) reference_date: &'static str,
    pub(crate) document_date: &'static str,
    pub(crate) requested_date: &'static str,
    pub(crate) pricing_date: &'static str,
    pub(crate) created_on: &'static str,
    pub(crate) changed_at: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) net_total: &'static str,
    pub(crate) payment_terms: &'static str,
    pub(crate) shipping_condition: &'static str,
    pub(crate) complete_delivery: &'static str,
    pub(crate) billing_block: &'static str,
    pub(crate) delivery_block: &'static str,
    pub(crate) process_status: &'static str,
    pub(crate) delivery_status: &'static str,
    pub(crate) rejection_status: &'static str,
    pub(crate) credit_status: &'static str,
    pub(crate) approval_status: &'static str,
    pub(crate) valid_to: &'static str,
    pub(crate) preceding_document: &'static str,
    pub(crate) preceding_item: &'static str,
    pub(crate) items: &'static str,
    pub(crate) partners: &'static str,
    pub(crate) partner_function: &'static str,
    pub(crate) partner_customer: &'static str,
    pub(crate) contact_person: &'static str,
    /// Address of a partner, where it can be sent along.
    pub(crate) partner_address: Option<&'static str>,
    pub(crate) texts: &'static str,
    pub(crate) text_id: &'static str,
    pub(crate) text_language: &'static str,
    pub(crate) text: &'static str,
    pub(crate) following_documents: &'static str,
    pub(crate) item_number: &'static str,
    pub(crate) higher_item: &'static str,
    pub(crate) item_text: &'static str,
    pub(crate) material: &'static str,
    pub(crate) customer_material: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) confirmed_quantity: &'static str,
    pub(crate) plant: &'static str,
    pub(crate) net_amount: &'static str,
    /// Not every kind of document says it.
    pub(crate) tax_amount: Option<&'static str>,
    pub(crate) rejection_reason: &'static str,
    pub(crate) item_status: &'static str,
    pub(crate) item_delivery_status: &'static str,
    /// Holds our line id (six characters).
    pub(crate) line_reference: Option<&'static str>,
    /// Holds the customer's purchase order number at the item, where the header has no second field.
    pub(crate) item_purchase_order: Option<&'static str>,
    pub(crate) pricing: &'static str,
    pub(crate) schedule: &'static str,
    pub(crate) confirmed_date: &'static str,
    pub(crate) schedule_confirmed: &'static str,
    pub(crate) schedule_delivered: &'static str,
    /// What is asked for with one document, and with each document of a list.
    pub(crate) expand: &'static str,
    pub(crate) expand_in_lists: &'static str,
}

/// `A_SalesOrder` of `API_SALES_ORDER_SRV`.
pub(crate) const ORDER: Names = Names {
    service: "API_SALES_ORDER_SRV",
    set: "A_SalesOrder",
    item_set: "A_SalesOrderItem",
    number: "SalesOrder",
    kind: "SalesOrderType",
    organization: "SalesOrganization",
    channel: "DistributionChannel",
    division: "OrganizationDivision",
    sold_to: "SoldToParty",
    reference: "PurchaseOrderByCustomer",
    purchase_order: Some("PurchaseOrderByShipToParty"),
    reference_type: "CustomerPurchaseOrderType",
    reference_date: "CustomerPurchaseOrderDate",
    document_date: "SalesOrderDate",
    requested_date: "RequestedDeliveryDate",
    pricing_date: "PricingDate",
    created_on: "CreationDate",
    changed_at: "LastChangeDateTime",
    currency: "TransactionCurrency",
    net_total: "TotalNetAmount",
    payment_terms: "CustomerPaymentTerms",
    shipping_condition: "ShippingCondition",
    complete_delivery: "CompleteDeliveryIsDefined",
    billing_block: "HeaderBillingBlockReason",
    delivery_block: "DeliveryBlockReason",
    process_status: "OverallSDProcessStatus",
    delivery_status: "OverallTotalDeliveryStatus",
    rejection_status: "OverallSDDocumentRejectionSts",
    credit_status: "TotalCreditCheckStatus",
    approval_status: "SalesDocApprovalStatus",
    valid_to: "BindingPeriodValidityEndDate",
    preceding_document: "ReferenceSDDocument",
    preceding_item: "ReferenceSDDocumentItem",
    items: "to_Item",
    partners: "to_Partner",
    partner_function: "PartnerFunction",
    partner_customer: "Customer",
    contact_person: "ContactPerson",
    partner_address: Some("to_Address"),
    texts: "to_Text",
    text_id: "LongTextID",
    text_language: "Language",
    text: "LongText",
    following_documents: "to_SubsequentProcFlowDoc",
    item_number: "SalesOrderItem",
    higher_item: "HigherLevelItem",
    item_text: "SalesOrderItemText",
    material: "Material",
    customer_material: "MaterialByCustomer",
    quantity: "RequestedQuantity",
    unit: "RequestedQuantityUnit",
    confirmed_quantity: "ConfdDelivQtyInOrderQtyUnit",
    plant: "ProductionPlant",
    net_amount: "NetAmount",
    tax_amount: Some("TaxAmount"),
    rejection_reason: "SalesDocumentRjcnReason",
    item_status: "SDProcessStatus",
    item_delivery_status: "DeliveryStatus",
    line_reference: Some("UnderlyingPurchaseOrderItem"),
    item_purchase_order: None,
    pricing: "to_PricingElement",
    schedule: "to_ScheduleLine",
    confirmed_date: "ConfirmedDeliveryDate",
    schedule_confirmed: "ConfdOrderQtyByMatlAvailCheck",
    schedule_delivered: "DeliveredQtyInOrderQtyUnit",
    expand: "to_Item/to_ScheduleLine,to_Item/to_PricingElement,to_Partner,to_Text",
    expand_in_lists: "",
};

/// `A_SalesQuotation` of `API_SALES_QUOTATION_SRV`: no second reference, no schedule lines, no tax.
pub(crate) const QUOTATION: Names = Names {
    service: "API_SALES_QUOTATION_SRV",
    set: "A_SalesQuotation",
    item_set: "A_SalesQuotationItem",
    number: "SalesQuotation",
    kind: "SalesQuotationType",
    document_date: "SalesQuotationDate",
    item_number: "SalesQuotationItem",
    item_text: "SalesQuotationItemText",
    plant: "Plant",
    purchase_order: None,
    tax_amount: None,
    partner_address: None,
    line_reference: None,
    item_purchase_order: Some("PurchaseOrderByCustomer"),
    expand: "to_Item/to_PricingElement,to_Partner,to_Text,to_SubsequentProcFlowDoc",
    // The items tell whether it was declined or withdrawn.
    expand_in_lists: "to_Item,to_SubsequentProcFlowDoc",
    ..ORDER
};

/// `A_SalesOrderSimulation` of `API_SALES_ORDER_SIMULATION_SRV`: like an order, but the plant of an item is `Plant`.
pub(crate) const SIMULATION: Names = Names {
    service: "API_SALES_ORDER_SIMULATION_SRV",
    set: "A_SalesOrderSimulation",
    plant: "Plant",
    partner_address: None,
    line_reference: None,
    expand: "",
    expand_in_lists: "",
    ..ORDER
};

/// Parts that only a simulation has: totals and the credit check.
pub(crate) const SIMULATED_TOTALS: &str = "to_Pricing";
pub(crate) const SIMULATED_CREDIT: &str = "to_Credit";

/// A pricing element, under an item of any kind of document.
pub(crate) mod condition {
    pub(crate) const KIND: &str = "ConditionType";
    pub(crate) const CLASS: &str = "ConditionClass";
    pub(crate) const CALCULATION: &str = "ConditionCalculationType";
    pub(crate) const RATE: &str = "ConditionRateValue";
    pub(crate) const CURRENCY: &str = "ConditionCurrency";
    pub(crate) const PER: &str = "ConditionQuantity";
    pub(crate) const PER_UNIT: &str = "ConditionQuantityUnit";
    pub(crate) const AMOUNT: &str = "ConditionAmount";
    pub(crate) const AMOUNT_CURRENCY: &str = "TransactionCurrency";
    pub(crate) const INACTIVE: &str = "ConditionInactiveReason";
    pub(crate) const STATISTICAL: &str = "ConditionIsForStatistics";
}

/// `API_PRODUCT_AVAILY_INFO_BASIC`: function imports by GET.
pub(crate) mod atp {
    pub(crate) const SERVICE: &str = "API_PRODUCT_AVAILY_INFO_BASIC";
    pub(crate) const AT: &str = "DetermineAvailabilityAt";
    pub(crate) const OF: &str = "DetermineAvailabilityOf";
    pub(crate) const AVAILABLE: &str = "AvailableQuantityInBaseUnit";
    pub(crate) const UNIT: &str = "BaseUnit";
    pub(crate) const FROM: &str = "PeriodStartUTCDateTime";
}

/// `API_SLSPRICINGCONDITIONRECORD_SRV`: which scales a price has.
pub(crate) mod scales {
    pub(crate) const SERVICE: &str = "API_SLSPRICINGCONDITIONRECORD_SRV";
    pub(crate) const VALIDITY_SET: &str = "A_SlsPrcgCndnRecdValidity";
    pub(crate) const SCALE_SET: &str = "A_SlsPrcgCndnRecordScale";
    pub(crate) const RECORD: &str = "ConditionRecord";
    pub(crate) const MATERIAL: &str = "Material";
    pub(crate) const KIND: &str = "ConditionType";
    pub(crate) const VALID_FROM: &str = "ConditionValidityStartDate";
    pub(crate) const VALID_TO: &str = "ConditionValidityEndDate";
    pub(crate) const QUANTITY: &str = "ConditionScaleQuantity";
    pub(crate) const UNIT: &str = "ConditionScaleQuantityUnit";
}
