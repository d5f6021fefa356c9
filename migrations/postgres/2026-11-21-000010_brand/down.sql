DROP TABLE key_sightings;
DROP TABLE client_addresses;
DROP TABLE organization_brands;
DROP TABLE logos;
