"""What a ticket can be about: products and categories, with both languages' names."""

PRODUCTS: dict[str, dict[str, str]] = {
    "cloud_server": {"vi": "Máy chủ đám mây", "en": "Cloud server"},
    "storage": {"vi": "Lưu trữ", "en": "Storage"},
    "domain": {"vi": "Tên miền", "en": "Domain name"},
    "billing": {"vi": "Thanh toán", "en": "Billing"},
    "other": {"vi": "Sản phẩm khác", "en": "Other"},
}

CATEGORIES: dict[str, dict[str, str]] = {
    "technical_support": {"vi": "Hỗ trợ kỹ thuật", "en": "Technical support"},
    "invoices": {"vi": "Hóa đơn", "en": "Invoices"},
    "sales": {"vi": "Tư vấn bán hàng", "en": "Sales"},
}
