use super::*;

const CLINIC: OrgId = OrgId(10);
const WARD: OrgId = OrgId(11);
const OTHER: OrgId = OrgId(20);

fn below(role: Role, org: OrgId) -> Assignment {
    Assignment { role, reach: Reach::Below(org) }
}

fn everywhere(role: Role) -> Assignment {
    Assignment { role, reach: Reach::Everywhere }
}

#[test]
fn a_role_holds_in_its_organization_and_below_it_only() {
    let roles = [below(Role::ClientManager, CLINIC)];
    for (lineage, allowed) in [
        (vec![CLINIC, OrgId::ROOT], true),
        (vec![WARD, CLINIC, OrgId::ROOT], true),
        (vec![OTHER, OrgId::ROOT], false),
        (vec![OrgId::ROOT], false),
    ] {
        let rights = rights_in(&roles, &lineage);
        assert_eq!(rights.allow(Permission::ClientsWrite), allowed, "{lineage:?}");
    }
}

#[test]
fn what_concerns_the_installation_comes_with_a_role_that_holds_everywhere() {
    let lineage = [CLINIC, OrgId::ROOT];
    for permission in Permission::ALL.iter().copied().filter(|it| it.is_installation_wide()) {
        assert!(!below(Role::Owner, CLINIC).rights_in(&lineage).allow(permission), "{permission}");
        assert!(!below(Role::Owner, OrgId::ROOT).rights_in(&lineage).allow(permission));
        assert!(everywhere(Role::Owner).rights_in(&lineage).allow(permission), "{permission}");
    }
}

#[test]
fn i27_nobody_grants_more_than_they_may_do_themselves() {
    let owner = everywhere(Role::Owner).rights_in(&[OrgId::ROOT]);
    let clinic_owner = below(Role::Owner, CLINIC).rights_in(&[CLINIC, OrgId::ROOT]);
    for role in Role::ALL {
        assert_eq!(may_assign(owner, everywhere(role)), Ok(()));
        assert_eq!(may_assign(owner, below(role, CLINIC)), Ok(()));
        assert_eq!(may_assign(clinic_owner, below(role, CLINIC)), Ok(()));
    }
    let beyond = Err(GrantFault::BeyondOwnRights);
    assert_eq!(may_assign(clinic_owner, everywhere(Role::Owner)), beyond);
    assert_eq!(may_assign(clinic_owner, everywhere(Role::Auditor)), beyond);
    for role in [Role::ClientManager, Role::UserManager, Role::Auditor, Role::Support] {
        let rights = everywhere(role).rights_in(&[OrgId::ROOT]);
        assert_eq!(may_assign(rights, below(Role::Support, CLINIC)), beyond, "{role:?}");
    }
}

#[test]
fn the_last_owner_of_everything_stays() {
    assert_eq!(may_lose(everywhere(Role::Owner), 1), Err(GrantFault::LastOwner));
    assert_eq!(may_lose(everywhere(Role::Owner), 2), Ok(()));
    assert_eq!(may_lose(below(Role::Owner, CLINIC), 1), Ok(()));
    assert_eq!(may_lose(everywhere(Role::Auditor), 1), Ok(()));
}

#[test]
fn an_auditor_changes_nothing() {
    let changes = ["write", "support"];
    for permission in Role::Auditor.rights().iter() {
        assert!(!changes.iter().any(|word| permission.as_str().ends_with(word)), "{permission}");
    }
}

#[test]
fn whoever_only_looks_at_users_takes_nobody_away_in_a_file() {
    for role in Role::ALL {
        let exports = matches!(role, Role::Owner | Role::UserManager);
        assert_eq!(role.rights().allow(Permission::UsersExport), exports, "{role:?}");
    }
}

#[test]
fn words_and_values_lead_to_each_other() {
    for permission in Permission::ALL {
        assert_eq!(Permission::from_word(permission.as_str()), Some(*permission));
    }
    for role in Role::ALL {
        assert_eq!(Role::from_word(role.as_str()), Some(role));
    }
    assert_eq!(Role::from_word("client-manager"), Some(Role::ClientManager));
    assert_eq!(Role::from_word("root"), None);
    assert_eq!(Permission::from_word("clients:*"), None);
}
