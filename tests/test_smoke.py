from datetime import date


def test_smoke(make, page):
    make.supplier()
    make.import_run()
    c = make.contract()
    make.account(c)
    make.charge(c, date(2026, 10, 31), "1200.50")
    make.payment(c, date(2026, 11, 2), "200.50")
    make.meter(c)
    make.commit()
    page.sign_in("00123")
    assert "1 000,00" in page.get("home.index", contract_id=c.id).text
    page.get("settlements.index", contract_id=c.id)
    page.get("settlements.statement", contract_id=c.id)
    page.get("settlements.index", 422, contract_id=c.id, first="x")
    page.fragment("settlements.index", contract_id=c.id)
    page.get("manual.index")
    page.get("appearance.index")
    page.get("service.contract_choice")
